/**
 * The surroundings of a client program in a case: its variables, the file by which it finds the agent, and a proxy or
 * relay between the two.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type EndpointLocation, noProxyValue } from '@landfast/protocol'
import { takeVmAddress } from '../packages/agent/src/listening/vm-address.ts'
import { HIMDS_MARKER } from '../packages/agent/src/machine/himds-marker.ts'
import { trustedVariables } from '../packages/emulator/src/environment/trusted-variables.ts'
import type { Surroundings } from './cases.ts'
import type { Column } from './columns.ts'
import { startGoneRelay } from './gone-relay.ts'

/** Nobody listens there in a network of our own. */
const DEAD_PROXY = 'http://127.0.0.1:9'

/** Answers that the relay gives itself. */
const GONE_ANSWERS = 2

/** The variables of a program, and what undoes the rest. */
export interface Prepared {
  variables: Record<string, string>
  undo: () => Promise<void> | void
}

/** Where the agent is, and what may be written for the program. */
interface Surrounded {
  column: Column
  location: EndpointLocation
  folder: string
  /** Where clients look for the agent's program. */
  himdsFile: string
}

/** Whether the agent is not where clients expect it. */
export function isElsewhere(surroundings: Surroundings): boolean {
  return surroundings === 'gone' || surroundings === 'override'
}

/** Prepares `surroundings` for the endpoint. */
export async function prepareSurroundings(
  surroundings: Surroundings,
  surrounded: Surrounded,
): Promise<Prepared> {
  const { column, location, folder, himdsFile } = surrounded
  const leading = await trustedVariables(location, { inherited: {}, folder })
  const variables = column.isFound ? {} : leading
  const nothing = () => {}
  switch (surroundings) {
    case 'variables':
      return { variables, undo: nothing }
    case 'override':
      return { variables: leading, undo: nothing }
    case 'marker':
      return placeMarker(himdsFile)
    case 'proxy':
      return { variables: behindDeadProxy(variables), undo: nothing }
    case 'bare-proxy':
      return { variables: { ...variables, ...proxyVariables() }, undo: nothing }
    case 'gone':
      return await standBetween(surrounded)
  }
}

/** `variables` with a proxy that is down for both kinds of addresses, and our exceptions from it. */
export function behindDeadProxy(variables: Readonly<Record<string, string>>): Record<string, string> {
  const secure = { HTTPS_PROXY: DEAD_PROXY, https_proxy: DEAD_PROXY }
  return { ...variables, ...proxyVariables(), ...secure, ...exceptions() }
}

async function standBetween({ column, location, folder }: Surrounded): Promise<Prepared> {
  const giveBack = column.isFound ? await takeVmAddress() : () => {}
  const relay = await startGoneRelay({ url: location.url, ...column.place }, GONE_ANSWERS)
  return {
    variables: column.isFound
      ? {}
      : await trustedVariables({ ...location, url: relay.url }, { inherited: {}, folder }),
    undo: async () => {
      await relay.stop()
      await giveBack()
    },
  }
}

function placeMarker(file: string): Prepared {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, HIMDS_MARKER, { mode: 0o755 })
  return { variables: {}, undo: () => rmSync(file) }
}

/** curl reads the one in lower case only. */
function proxyVariables(): Record<string, string> {
  return { HTTP_PROXY: DEAD_PROXY, http_proxy: DEAD_PROXY }
}

function exceptions(): Record<string, string> {
  return { NO_PROXY: noProxyValue(undefined), no_proxy: noProxyValue(undefined) }
}

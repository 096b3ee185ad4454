/**
 * What surrounds a client program in a case: its variables, the file by which it finds the agent, and what stands
 * between.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type EndpointLocation, noProxyValue } from '@landfast/protocol'
import type { Surroundings } from './cases.ts'
import type { Column } from './columns.ts'
import { startGoneRelay } from './gone-relay.ts'

/** Where SDKs look for the agent's program. */
const MARKER = '/opt/azcmagent/bin/himds'

/** Nobody listens there in a network of our own. */
const DEAD_PROXY = 'http://127.0.0.1:9'

/** Answers that the relay gives itself. */
const GONE_ANSWERS = 2

/** The variables of a program, and what undoes the rest. */
export interface Prepared {
  variables: Record<string, string>
  undo: () => Promise<void> | void
}

/** Prepares `surroundings` for the endpoint at `location`. */
export async function prepareSurroundings(
  surroundings: Surroundings,
  column: Column,
  location: EndpointLocation,
): Promise<Prepared> {
  const variables = column.variables(location)
  switch (surroundings) {
    case 'variables':
      return { variables, undo: () => {} }
    case 'marker':
      return placeMarker()
    case 'proxy':
      return { variables: { ...variables, ...proxyVariables(), ...exceptions() }, undo: () => {} }
    case 'bare-proxy':
      return { variables: { ...variables, ...proxyVariables() }, undo: () => {} }
    case 'gone': {
      const relay = await startGoneRelay({ url: location.url, port: column.port, answers: GONE_ANSWERS })
      return { variables: column.variables({ ...location, url: relay.url }), undo: relay.stop }
    }
  }
}

function placeMarker(): Prepared {
  mkdirSync(dirname(MARKER), { recursive: true })
  writeFileSync(MARKER, '', { mode: 0o755 })
  return { variables: {}, undo: () => rmSync(MARKER) }
}

/** curl reads the one in lower case only. */
function proxyVariables(): Record<string, string> {
  return { HTTP_PROXY: DEAD_PROXY, http_proxy: DEAD_PROXY }
}

function exceptions(): Record<string, string> {
  return { NO_PROXY: noProxyValue(undefined), no_proxy: noProxyValue(undefined) }
}

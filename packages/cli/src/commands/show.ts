/**
 * `landfast show`: the machine of this host and its status at the control plane; also while the agent is stopped, and
 * for a user who may not read its key.
 *
 * @see docs/connect.md#show
 * @module
 */

import { join } from 'node:path'
import { factsToShow } from '../check/shown-facts.ts'
import { OS_PROPERTIES, shownProperties } from '../machine/shown-properties.ts'
import { publicFileOf } from '../settings/agent-settings.ts'
import { printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface ShowFlags {
  stateDir: string
  publicFile?: string
  adminSocket?: string
  os?: true
  json?: true
}

/** Prints the properties that are asked for, or all. */
export async function show(asked: readonly string[], flags: ShowFlags): Promise<number> {
  const { stateDir, publicFile, adminSocket = join(stateDir, 'agent.sock') } = flags
  const places = { stateFolder: stateDir, publicFile: publicFileOf(stateDir, publicFile), adminSocket }
  const shownFrom = await factsToShow(places, { stateDir })
  const wanted = flags.os ? [...OS_PROPERTIES, ...asked] : asked
  const shown = shownProperties(shownFrom, wanted)
  if (flags.json) {
    printResult(JSON.stringify(Object.fromEntries(shown.map(({ key, value }) => [key, value]))))
    return 0
  }
  const width = Math.max(...shown.map(({ name }) => name.length))
  for (const { name, value } of shown) printResult(`${name.padEnd(width)} : ${value}`.trimEnd())
  return 0
}

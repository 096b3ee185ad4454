/**
 * `landfast fault`: tells a running `landfast dev` to have faults.
 *
 * @see docs/emulator.md#while-landfast-dev-runs
 * @module
 */

import { request } from 'node:http'
import { CliError } from '../cli-error.ts'
import { findDev } from '../run/dev-notes.ts'
import { readFaultFlags } from '../run/fault-flags.ts'
import { printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface FaultFlags {
  clear?: true
  json?: true
  stateDir?: string
}

/** What the socket tells of a fault. */
type ShownFault = { kind: string; struck: number } & Record<string, unknown>

/** Ends every fault if that is asked for, adds those that are named, and prints what stands. */
export async function fault(texts: readonly string[], flags: FaultFlags): Promise<number> {
  // What is mistyped changes nothing.
  readFaultFlags(texts, 'the fault')
  const { faultSocket } = (await findDev(flags.stateDir)).notes
  if (flags.clear) await ask(faultSocket, 'DELETE')
  for (const text of texts) await ask(faultSocket, 'POST', { fault: text })
  const faults = await ask(faultSocket, 'GET')
  if (flags.json) printResult(JSON.stringify({ faults }))
  else for (const one of faults) printResult(describe(one))
  return 0
}

function describe({ kind, struck, ...fields }: ShownFault): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  return [kind, ...words, `(struck ${struck})`].join(' ')
}

async function ask(socketPath: string, method: string, body?: object): Promise<readonly ShownFault[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path: '/faults', method, agent: false }, (response) => {
    response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
  })
    .on('error', reject)
    .end(body && JSON.stringify(body))
  const { faults, message } = JSON.parse(await promise) as { faults?: ShownFault[]; message?: string }
  if (!faults) throw new CliError('argument_invalid', { detail: message ?? 'the fault was refused' })
  return faults
}

/**
 * `landfast fault`: tells a running `landfast run` or `landfast dev` to have faults, and which identities its machine has.
 *
 * @see docs/emulator.md#while-landfast-dev-runs
 * @module
 */

import { formatFault } from '@landfast/emulator/faults'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { findDev } from '../run/dev-notes.ts'
import { askFaultSocket, type ShownFault, type ShownIdentity } from '../run/faults/fault-client.ts'
import { type GivenFault, readFaultTexts } from '../run/faults/fault-flags.ts'
import { FAULT_SOCKET_VARIABLE } from '../run/faults/fault-socket-place.ts'
import { printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface FaultFlags {
  clear?: true
  json?: true
  /** That of the flag, or that of the variable. */
  stateDir?: string
  /** Whether it is that of the flag. */
  isStateDirTyped?: boolean
}

/** Ends every fault if that is asked for, does what is named, and prints what stands. */
export async function fault(texts: readonly string[], flags: FaultFlags): Promise<number> {
  // What is mistyped changes nothing.
  const given = readFaultTexts(texts, 'the fault')
  const faultSocket = await findFaultSocket(flags, process.env)
  const ask = (method: string, path: string, body?: object) =>
    askFaultSocket(faultSocket, { method, path, body })
  const { identities = [] } = await ask('GET', '/identities')
  refuseStrangers(given, identities)
  if (flags.clear) await ask('DELETE', '/faults')
  for (const { text, identity } of given) {
    if (!identity) await ask('POST', '/faults', { fault: text })
    else await ask(identity.isAssigned ? 'PUT' : 'DELETE', `/identities/${identity.name}`)
  }
  print({ ...(await ask('GET', '/faults')), ...(await ask('GET', '/identities')) }, flags)
  return 0
}

/** In the command of `run` that of this run, unless another is asked for. */
async function findFaultSocket(flags: FaultFlags, environment: Environment): Promise<string> {
  const near = environment[FAULT_SOCKET_VARIABLE]
  if (near && !flags.isStateDirTyped) return near
  return (await findDev(flags.stateDir)).notes.faultSocket
}

function refuseStrangers(given: readonly GivenFault[], identities: readonly ShownIdentity[]): void {
  const names = identities.map(({ name }) => name)
  const stranger = given.find(({ identity }) => identity && !names.includes(identity.name))
  if (!stranger) return
  const detail = `"${stranger.text}": there is no such identity`
  const hints = [names.length > 0 ? `there are: ${names.join(', ')}` : 'start it with --identity NAME']
  throw new CliError('argument_invalid', { detail, hints })
}

interface Standings {
  faults?: readonly ShownFault[]
  identities?: readonly ShownIdentity[]
}

function print({ faults = [], identities = [] }: Standings, flags: FaultFlags): void {
  if (flags.json) {
    printResult(JSON.stringify({ faults, ...(identities.length > 0 && { identities }) }))
    return
  }
  for (const one of faults) printResult(describe(one))
  for (const { name, isAssigned } of identities)
    if (!isAssigned) printResult(`the identity "${name}" is taken away`)
}

/** As it can be typed again. */
function describe({ struck, ...one }: ShownFault): string {
  return `${formatFault(one)} (struck ${struck})`
}

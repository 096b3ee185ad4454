/**
 * The variables that flags name for a command: none takes the place of one by which the command starts and finds us.
 *
 * @module
 */

import { pastProxies, TRUST_VARIABLES } from '@landfast/emulator/environment'
import { VARIABLE } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { FAULT_SOCKET_VARIABLE } from './faults/fault-socket-place.ts'

type Variables = Readonly<Record<string, string>>

/** By these a program is found and started, whatever we set. */
const OF_PROCESSES = ['PATH', 'LD_PRELOAD', 'NODE_OPTIONS', ...TRUST_VARIABLES, FAULT_SOCKET_VARIABLE]

/** `own`, which lead the command, with those that each flag names beside them. @throws {CliError} `argument_invalid`. */
export function withNamed(own: Variables, named: Readonly<Record<`--${string}`, Variables>>): Variables {
  const taken = new Set([...OF_PROCESSES, ...Object.keys(pastProxies({}, own))])
  // The client id in it is what a program asks for that selects nothing: that may be another identity's.
  taken.delete(VARIABLE.defaultIdentityClientId)
  for (const [flag, variables] of Object.entries(named)) {
    for (const variable of Object.keys(variables)) {
      if (taken.has(variable)) throw refusal(flag, variable)
      taken.add(variable)
    }
  }
  return Object.assign({}, own, ...Object.values(named))
}

function refusal(flag: string, variable: string): CliError {
  const detail = `"${flag}": the variable "${variable}" is taken, by what leads and starts programs or by another flag`
  return new CliError('argument_invalid', { detail, hints: ['name another variable'] })
}

/**
 * What an agent would refuse at its start although each of its settings is well written: for commands that look at the
 * settings before it does. What depends on the moment, such as a port that is taken, is not among it.
 *
 * @module
 */

import { isWorkloadAddress } from '@landfast/agent'
import { CliError } from '../cli-error.ts'
import type { AgentSettings } from './agent-settings.ts'
import { awsRoleOf } from './aws-role.ts'

/** @throws {CliError} `argument_invalid` or `argument_missing`. */
export function refuseUnservable(settings: AgentSettings): void {
  refuseOpenPlaces(settings)
  if (settings.styles.includes('aws')) awsRoleOf(settings, undefined)
}

function refuseOpenPlaces({ 'workload-listen': listen }: AgentSettings): void {
  const open = listen.find(({ address }) => !isWorkloadAddress(address))
  if (!open) return
  throw new CliError('argument_invalid', {
    detail: `"workload-listen" must be private or loopback addresses, since any other is open to other networks, not "${open.address}"`,
    hints: ['name an address of a bridge, such as 10.88.0.1:40343'],
  })
}

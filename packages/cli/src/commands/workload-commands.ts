/**
 * The commands about workloads: `workload add`, `list`, `remove` and `rotate`.
 *
 * @see docs/containers.md
 * @module
 */

import type { Command } from 'commander'
import { type End, example } from '../declaration.ts'
import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { flagOf, variableOf } from '../settings/settings-table.ts'
import type { AddWorkloadFlags, RotateWorkloadFlags, WorkloadFlags } from './workload.ts'

/** Containers that are not started anew within it lose their tokens. */
const DEFAULT_OVERLAP = '1h'

/** Adds the commands to `program`. */
export function addWorkloadCommands(program: Command, end: End): void {
  const workload = program
    .command('workload')
    .description('give containers on this host, which have a network of their own, an identity')
    .addHelpText('after', example('landfast workload add shop --audience https://vault.azure.net'))
  addAdd(workload, end)
  addList(workload, end)
  addRemove(workload, end)
  addRotate(workload, end)
}

function addAdd(workload: Command, end: End): void {
  const command = workload
    .command('add')
    .description('make a secret for a workload, and print how its container gets it')
    .argument('<name>', 'what policy, audit log and metrics call it')
    .option('--identity <name...>', 'the identities that it may have (default: system, the machine’s own)')
    .option('--audience <uri...>', 'what for; without it, what the policy file allows to "workload: NAME"')
    .option(
      '--from <network...>',
      'where its secret is good, such as 10.88.0.0/16 (default: the network of the address that it asks)',
    )
    .option('--address <address:port>', 'where it asks (default: the first of workload-listen)')
    .option('--secret-file <file>', 'where its secret goes (default: workloads/NAME.env in the state folder)')
    .option('--owner <uid:gid>', 'who else than root reads that file: the user of the container, by number')
  addCommon(command)
    .addHelpText('after', example('landfast workload add shop --audience https://vault.azure.net'))
    .action(async (name: string, flags: AddWorkloadFlags) => {
      const { workloadAdd } = await import('./workload.ts')
      end(await workloadAdd(name, flags))
    })
}

function addList(workload: Command, end: End): void {
  const command = workload.command('list').description('list the workloads of this host')
  addCommon(command)
    .addHelpText('after', example('landfast workload list --json'))
    .action(async (flags: WorkloadFlags) => {
      const { workloadList } = await import('./workload.ts')
      end(await workloadList(flags))
    })
}

function addRemove(workload: Command, end: End): void {
  const command = workload
    .command('remove')
    .description('take its secret from a workload: from now on it gets nothing')
    .argument('<name>', 'which one')
  addCommon(command)
    .addHelpText('after', example('landfast workload remove shop'))
    .action(async (name: string, flags: WorkloadFlags) => {
      const { workloadRemove } = await import('./workload.ts')
      end(await workloadRemove(name, flags))
    })
}

function addRotate(workload: Command, end: End): void {
  const command = workload
    .command('rotate')
    .description('give a workload another secret, in the same file')
    .argument('<name>', 'which one')
    .option('--overlap <span>', 'how long the secret before it stays good; 0s if it leaked', DEFAULT_OVERLAP)
  addCommon(command)
    .addHelpText('after', example('landfast workload rotate shop --overlap 15m'))
    .action(async (name: string, flags: RotateWorkloadFlags) => {
      const { workloadRotate } = await import('./workload.ts')
      end(await workloadRotate(name, flags))
    })
}

function addCommon(command: Command): Command {
  return command
    .option(
      '--config <file>',
      'the settings file of the agent (LANDFAST_CONFIG, default /etc/landfast/agent.yaml)',
    )
    .option(
      flagOf(AGENT_SETTINGS, 'state-dir'),
      `the state folder of the agent; without it, what its settings say (${variableOf('state-dir')})`,
    )
    .option('-j, --json', 'print JSON lines')
}

/**
 * The commands about policy files: `policy test`.
 *
 * @see docs/policy.md#trying-it-out
 * @module
 */

import { SERVED_STYLE_NAMES, TOKEN_FILE_STYLE, type Way } from '@landfast/protocol'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type End, example } from '../declaration.ts'
import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { flagOf, variableOf } from '../settings/settings-table.ts'
import type { PolicyTestFlags } from './policy-test.ts'

const DEFAULT_STYLE: Way = 'arc'

/** Adds the commands to `program`. */
export function addPolicyCommands(program: Command, end: End): void {
  const policy = program
    .command('policy')
    .description('try out the policy file of the agent')
    .addHelpText(
      'after',
      example('landfast policy test --policy policy.yaml --pid 4242 --audience https://vault.azure.net'),
    )
  policy
    .command('test')
    .description('tell, rule by rule, who may have a token; exit code 0 is yes, 1 is no')
    .requiredOption('--audience <uri>', 'what the token is for')
    .option(
      '--identity <name...>',
      'whose it is, as the rules name it; more names of the same one may follow',
    )
    .option('--user <user>', 'who asks, by its name or by id')
    .option('--group <group...>', 'the groups of the user (default: those it has on this host)')
    .option('--program <path>', 'the program that asks')
    .option('--unit <unit>', 'the systemd unit that it runs in, or "none"')
    .option('--container <id>', 'the container or pod that it runs in, or "none"')
    .option('--workload <name>', 'the workload that asks, in place of all these')
    .addOption(processOption())
    .addOption(
      new Option('--style <style>', 'how it asks')
        .choices([...SERVED_STYLE_NAMES, TOKEN_FILE_STYLE])
        .default(DEFAULT_STYLE),
    )
    .option(
      flagOf(AGENT_SETTINGS, 'policy'),
      `the policy file; without it, the one that the settings of the agent name (${variableOf('policy')})`,
    )
    .option('--config <file>', 'the YAML file with the settings of the agent (LANDFAST_CONFIG)')
    .option('-j, --json', 'print one JSON line')
    .addHelpText(
      'after',
      example('landfast policy test --policy policy.yaml --user backup --audience https://vault.azure.net'),
    )
    .action(async (flags: PolicyTestFlags) => {
      const { policyTest } = await import('./policy-test.ts')
      end(await policyTest(flags))
    })
}

function processOption(): Option {
  const option = new Option(
    '--pid <number>',
    'the process that asks, in place of user, group, program, unit and container',
  )
  return option.conflicts(['user', 'group', 'program', 'unit', 'container', 'workload']).argParser((text) => {
    if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('it must be the id of a process')
    return Number(text)
  })
}

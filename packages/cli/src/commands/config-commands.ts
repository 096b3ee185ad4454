/**
 * The commands about the settings file of the agent: `config list`, `get`, `set` and `clear`, as `azcmagent` has them.
 *
 * @see docs/configuration.md#changing-a-setting
 * @module
 */

import type { Command } from 'commander'
import { type End, example } from '../declaration.ts'
import type { ConfigFlags } from './config.ts'

/** Adds `config` to `program`. */
export function addConfigCommands(program: Command, end: End): void {
  const config = program
    .command('config')
    .description('list and change the settings of the agent in its settings file')
    .addHelpText('after', example('sudo landfast config set log-level warn'))
  addVerb(config, 'list', 'print each setting with its value and where that comes from').action(
    async (flags: ConfigFlags) => {
      const { configList } = await import('./config.ts')
      end(await configList(flags))
    },
  )
  addVerb(config, 'get', 'print the value of a setting', '<name>').action(
    async (name: string, flags: ConfigFlags) => {
      const { configGet } = await import('./config.ts')
      end(await configGet(name, flags))
    },
  )
  addVerb(config, 'set', 'give a setting another value', '<name> <value>').action(
    async (name: string, value: string, flags: ConfigFlags) => {
      const { configSet } = await import('./config.ts')
      end(await configSet(name, value, flags))
    },
  )
  addVerb(config, 'clear', 'take a setting out of the file, so that its default holds', '<name>').action(
    async (name: string, flags: ConfigFlags) => {
      const { configClear } = await import('./config.ts')
      end(await configClear(name, flags))
    },
  )
}

const EXAMPLES: Readonly<Record<string, string>> = {
  list: 'landfast config list --json',
  get: 'landfast config get log-level',
  set: 'sudo landfast config set policy /etc/landfast/policy.yaml',
  clear: 'sudo landfast config clear policy',
}

function addVerb(config: Command, verb: string, description: string, args = ''): Command {
  const command = config.command(verb).description(description)
  if (args !== '') command.arguments(args)
  return command
    .option('--config <file>', 'the settings file (LANDFAST_CONFIG, default /etc/landfast/agent.yaml)')
    .option('-j, --json', 'print one JSON line')
    .addHelpText('after', example(EXAMPLES[verb] ?? ''))
}

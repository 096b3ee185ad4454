/**
 * The commands about the settings file of the agent: `config list`, `get`, `info`, `set` and `clear`, as `azcmagent` has them.
 *
 * @see docs/configuration.md#changing-a-setting
 * @module
 */

import { type Command, Option } from 'commander'
import { type End, example } from '../declaration.ts'
import type { ConfigFlags, ConfigSetFlags } from './config.ts'

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
  addVerb(config, 'info', 'say what a setting means, or all of them', '[name]').action(
    async (name: string | undefined, flags: ConfigFlags) => {
      const { configInfo } = await import('./config.ts')
      end(configInfo(name, flags))
    },
  )
  const set = addVerb(config, 'set', 'give a setting another value', '<name> <value>')
  set
    .option('-a, --add', 'add the value to a list')
    .addOption(new Option('-r, --remove', 'take the value out of a list').conflicts('add'))
  set.action(async (name: string, value: string, flags: ConfigSetFlags) => {
    const { configSet } = await import('./config.ts')
    end(await configSet(name, value, flags))
  })
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
  info: 'landfast config info styles',
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

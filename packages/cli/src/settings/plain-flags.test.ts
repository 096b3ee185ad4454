import { expect, test } from 'vitest'
import { addAgent } from '../commands/agent-command.ts'
import { readValues } from '../declaration.ts'
import { newProgram } from '../usage/new-program.ts'
import { AGENT_SETTINGS } from './agent-settings.ts'
import { readPlainFlags } from './plain-flags.ts'

/** What the parser of whole command lines makes of the flags. */
function parsed(args: readonly string[]): Record<string, unknown> {
  const program = newProgram()
  addAgent(program, () => {})
  const [command] = program.commands
  if (!command) throw new TypeError('there is a command')
  let flags = {}
  command.action((found) => {
    flags = found
  })
  readValues(program, ['agent', ...args])
  program.parse(['agent', ...args], { from: 'user' })
  return flags
}

test.each([
  [[]],
  [['--config', '/etc/landfast/agent.yaml']],
  [['--config', 'agent.yaml', '--state-dir', './state', '--port', '40342', '--key-group', '']],
  [
    [
      '--styles',
      'arc,app-service',
      '--vm',
      'yes',
      '--token-files',
      '[{"path": "a"}]',
      '--policy',
      'policy.yaml',
    ],
  ],
  [['--admin-socket', '/run/a b.sock', '--log-level', 'debug']],
])('flags with their values are read as by the whole parser: %j', (args) => {
  expect(readPlainFlags(AGENT_SETTINGS, args)).toEqual({ ...parsed(args) })
})

test.each([
  [['--help']],
  [['-h']],
  [['--port']],
  [['--port', '--config']],
  [['--port=1']],
  [['--port', '1', '--port', '2']],
  [['--port', '-1']],
  [['--no-such-flag', '1']],
  [['--toString', '1']],
  [['port', '1']],
  [['--config', '']],
  [['--config', '~/agent.yaml']],
  [['x']],
])('everything else is left to it: %j', (args) => {
  expect(readPlainFlags(AGENT_SETTINGS, args)).toBeUndefined()
})

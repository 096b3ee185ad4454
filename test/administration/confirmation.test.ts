/** What is asked on a terminal before something is deleted. */

import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** `script` of util-linux gives the command a terminal. */
const hasTerminal = spawnSync('script', ['--version']).status === 0

test('on a terminal it asks, and only a yes deletes', async (context) => {
  if (!hasTerminal) context.skip('there is no program "script"')
  const site = await startAdministered(command)
  await site.read('identity', 'create', 'backup')
  const answer = async (input: string) => {
    const line = [...command.argv, 'identity', 'delete', 'backup'].map((part) => `'${part}'`).join(' ')
    // The shell drops the command line that is put behind it: "script" has it already.
    const prefix = ['sh', '-c', 'exec script -qec "$LINE" /dev/null', 'sh']
    const env = { ...site.home('administrator'), LINE: line, SHELL: '/bin/sh' }
    const { code, stdout } = await command.start([], { input, prefix, env }).ended
    return [code, stdout]
  }
  const asked = expect.stringMatching(/delete the identity \S+backup for ever .*\? \[y\/N\]/)
  for (const no of ['n\n', '\n', 'yesno\n', '\u{4}']) expect(await answer(no)).toEqual([11, asked])
  expect(await site.read('identity', 'list')).toHaveLength(1)
  expect(await answer('y\n')).toEqual([0, asked])
  expect(await site.read('identity', 'list')).toEqual([])
})

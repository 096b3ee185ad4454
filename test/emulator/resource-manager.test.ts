import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const EXAMPLE = fileURLToPath(
  new URL('../../examples/emulator/resource-manager/machines.mjs', import.meta.url),
)

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('the example lists the machine whose identity it has under "landfast run"', async () => {
  const program = [process.execPath, '--no-warnings', EXAMPLE]
  const { code, stdout, stderr } = await command.run(['run', '--with', 'resource-manager', '--', ...program])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^\/subscriptions\/[^/]+\/resourceGroups\/landfast\/providers\/[^\n]+\n$/)
})

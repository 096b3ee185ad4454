import { fileURLToPath } from 'node:url'
import { createEmulator } from '@landfast/emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/emulator/sql/who.mjs', import.meta.url))

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test.each([
  ['azure-active-directory-default', {}],
  ['azure-active-directory-msi-app-service', { AZURE_SQL_ENCRYPT: 'strict' }],
])('the example signs in by %s under "landfast run"', async (type, env) => {
  const node = [process.execPath, '--no-warnings', EXAMPLE]
  const program = ['env', `AZURE_SQL_AUTHENTICATIONTYPE=${type}`, ...node]
  const { code, stdout, stderr } = await command.run(['run', '--with', 'sql', '--', ...program], { env })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^[0-9a-f-]{36}@[0-9a-f-]{36}\n$/)
  expect(command.leftovers()).toEqual([])
})

test('an emulator leads to its SQL', async () => {
  await using emulator = await createEmulator({ services: ['sql'] })
  const { AZURE_SQL_PORT: port } = emulator.env
  expect(emulator.env).toMatchObject({
    AZURE_SQL_SERVER: 'localhost',
    AZURE_SQL_DATABASE: 'emulator',
    AZURE_SQL_CONNECTIONSTRING: expect.stringContaining(`Server=tcp:localhost,${port};`),
  })
})

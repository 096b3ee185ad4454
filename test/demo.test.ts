import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from './cli/command.ts'

const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url))
const JWT = /eyJ[\w-]{20}/

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('the demo shows every part, no secret, and leaves nothing behind', async () => {
  const before = readdirSync('/var/opt')
  const { code, stdout, stderr } = await command.run(['demo', '--examples', EXAMPLES])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('< 401 Unauthorized')
  expect(stdout).toContain('the key is spent now')
  expect(stdout).toContain('its first heartbeat was taken: Connected')
  expect(stdout).toMatch(/uploaded \d+ bytes to https:\S+ and read the same back/)
  expect(stdout).toMatch(/signature, issuer \S+ and audience https:\/\/storage\.azure\.com are right/)
  expect(stdout).not.toMatch(JWT)
  expect(command.leftovers()).toEqual([])
  expect(readdirSync('/var/opt')).toEqual(before)
})

test('as root the demo also shows the refusal of a user outside the key group', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'this is not root')
  const { stdout } = await command.run(['demo', '--examples', EXAMPLES])
  expect(stdout).toMatch(/refused, as it must be: .*Unable to read the secret file/)
})

test('without the example programs the demo says what it leaves out', async () => {
  const { code, stdout } = await command.run(['demo', '--examples', `${command.folder}/dist`])
  expect(code).toBe(0)
  expect(stdout).toContain('two parts are left out')
})

test('a demo that is told to stop leaves no process and no file', async () => {
  const running = command.start(['demo', '--examples', EXAMPLES])
  await running.wrote('storage emulator, answers at')
  const endpoint = new URL(
    /https:\/\/127\.0\.0\.1:\d+/.exec(running.stdout.split('emulator')[1] ?? '')?.[0] ?? '',
  )
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(11)
  await expect(fetch(`http://127.0.0.1:${endpoint.port}`)).rejects.toThrow()
  expect(command.leftovers()).toEqual([])
})

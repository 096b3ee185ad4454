import { fileURLToPath } from 'node:url'
import { createEmulator } from '@landfast/emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'

const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/emulator/service-bus/${name}`, import.meta.url))

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('the example in JavaScript sends and receives under "landfast run"', async () => {
  const program = [process.execPath, '--no-warnings', example('orders.mjs')]
  const { code, stdout, stderr } = await command.run(['run', '--with', 'service-bus', '--', ...program])
  expect([code, stderr, stdout]).toEqual([0, '', '{"order":1}\n'])
  expect(command.leftovers()).toEqual([])
})

test('the example in Python sends and receives where the usual port is free', async ({ skip }) => {
  const python = findPython()
  if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
  const program = [
    'sh',
    '-c',
    'test "$AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE" = localhost || exit 9; exec "$@"',
    'sh',
  ]
  const run = ['run', '--with', 'service-bus', '--', ...program, python, '-B', example('orders.py')]
  const { code, stdout, stderr } = await command.run(run)
  if (code === 9) return skip('another program has port 5671, and this client knows no other')
  expect([code, stderr, stdout]).toEqual([0, '', 'an order\n'])
})

test('an emulator leads to its Service Bus; a second one has another port', async () => {
  await using one = await createEmulator({ services: ['service-bus'] })
  await using other = await createEmulator({ services: ['service-bus'] })
  const namespaces = [one, other].map(({ env }) => env.AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE)
  expect(new Set(namespaces).size).toBe(2)
  expect(namespaces[1]).toMatch(/^localhost:\d+$/)
})

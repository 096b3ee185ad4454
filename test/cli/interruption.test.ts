/** Ctrl-C in commands that wait for somebody who does not answer. */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeCommand, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Takes connections and says nothing. */
async function startSilence() {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { asked: once(server, 'connection'), at: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const CREDENTIAL = ['-i', 'x', '--service-principal-secret-file', 'secret']

test.each([
  [['check', '--url', 'https://SILENT', '--state-dir', 'none']],
  [
    [
      'connect',
      '--url',
      'https://SILENT',
      '-g',
      'x',
      '-l',
      'x',
      '-s',
      'x',
      ...CREDENTIAL,
      '--state-dir',
      'a',
    ],
  ],
  [['login', '--url', 'https://SILENT', ...CREDENTIAL]],
  [['token', '--resource', 'https://vault.azure.net']],
])('Ctrl-C ends landfast %j with the exit code of azcmagent', async (args) => {
  const { asked, at } = await startSilence()
  writeFileSync(join(command.folder, 'secret'), 'x', { mode: 0o600 })
  const env = { IDENTITY_ENDPOINT: `http://${at}/metadata/identity/oauth2/token` }
  const running = command.start(
    args.map((arg) => arg.replace('SILENT', at)),
    { env },
  )
  await Promise.race([asked, running.ended])
  running.child.kill('SIGINT')
  const { code, signal, stderr } = await running.ended
  expect({ code, signal }, stderr).toEqual({ code: 11, signal: null })
  expect(stderr).toMatch(/^landfast: interrupted\n$/m)
})

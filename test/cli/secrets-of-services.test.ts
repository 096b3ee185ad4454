/** Commands of root read the secrets of a service as its user does, and say what is wrong with the way to a database. */

import { once } from 'node:events'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { makeCommand, type TestCommand } from './command.ts'

const [USER, GROUP] = [54_321, 54_322]

let command: TestCommand
let deadPort: number

beforeAll(async () => {
  command = await makeCommand()
  deadPort = await unusedPort()
})
afterAll(() => command.remove())

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function folderOf(name: string): string {
  const folder = join(command.folder, name)
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

function secret(name: string, text: string): string {
  const file = join(command.folder, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

function accept(folder: string, url: string): ReturnType<TestCommand['run']> {
  const key = secret('key', Buffer.alloc(32, 1).toString('base64'))
  const file = secret('url', url)
  const files = ['--encryption-key-file', key, '--database-url-file', file]
  return command.run(['control-plane', 'accept-restored', '--state-dir', folder, ...files])
}

test('a database that cannot be reached is told with its reason, and not blamed on the state folder', async () => {
  const folder = folderOf('reasons')
  const refused = await accept(folder, `postgresql://landfast:pass-word@127.0.0.1:${deadPort}/landfast`)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') })
  expect(refused.stderr).toContain(`hint: connect ECONNREFUSED 127.0.0.1:${deadPort}`)
  expect(refused.stderr).not.toContain('pass-word')

  const ca = join(folder, 'no-such-ca.pem')
  const options = `sslmode=verify-full&sslrootcert=${ca}`
  const missing = await accept(folder, `postgresql://a:b@127.0.0.1:${deadPort}/landfast?${options}`)
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining(ca) })
  expect(missing.stderr).not.toContain('--state-dir')
})

testWith(
  ['root'],
  'root reads the secrets of a control plane as its user, and learns which that user cannot read',
  async () => {
    const folder = folderOf('others')
    chownSync(folder, USER, GROUP)
    const key = secret('others-key', Buffer.alloc(32, 1).toString('base64'))
    const url = secret('others-url', `postgresql://a:b@127.0.0.1:${deadPort}/landfast`)
    const files = ['--encryption-key-file', key, '--database-url-file', url]
    const run = () => command.run(['control-plane', 'accept-restored', '--state-dir', folder, ...files])
    const unread = await run()
    expect(unread).toMatchObject({ code: 19, stderr: expect.stringContaining(`chown ${USER} FILE`) })
    for (const file of [key, url]) chownSync(file, USER, GROUP)
    // It has come to the database, which is not there.
    expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') })
  },
)

testWith(
  ['root'],
  'root checks and connects with the password of a proxy in a file of the agent’s user, as its service does',
  async () => {
    const folder = folderOf('machine')
    chownSync(folder, USER, GROUP)
    const credentials = secret('proxy', 'user:pass-word\n')
    chownSync(credentials, USER, GROUP)
    const proxy = [
      ...['--proxy-url', `http://proxy.invalid:${deadPort}`],
      ...['--proxy-credentials-file', credentials, '--state-dir', folder],
    ]
    const checked = await command.run(['check', '--url', 'https://id.invalid:8443', ...proxy, '--json'])
    expect(JSON.parse(checked.stdout)).toContainEqual(
      expect.objectContaining({ code: 'proxy', status: 'ok' }),
    )
    const token = secret('token', `lfjt1.${encoded({ u: 'https://id.invalid:8443', s: 's'.repeat(43) })}`)
    const connected = await command.run(['connect', '--join-token-file', token, ...proxy])
    expect(connected).toMatchObject({ code: 26, stderr: expect.stringContaining('proxy.invalid') })
    expect(checked.stdout + connected.stderr).not.toContain('pass-word')
    chownSync(credentials, USER + 1, GROUP)
    const foreign = await command.run(['connect', '--join-token-file', token, ...proxy])
    expect(foreign.code).toBe(19)
  },
)

function encoded(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url')
}

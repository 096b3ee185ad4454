import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_FILE_FAULTS } from './key-file-faults.ts'
import { rewriteChallenge, startRealmRelay } from './realm-relay.ts'

const rename = (name: string) => `C:\\Tokens\\${name}`

test.each([
  ['Basic realm=/keys/a.key', 'Basic realm=C:\\Tokens\\a.key'],
  ['Basic realm="/keys/a.key"', 'Basic realm="C:\\Tokens\\a.key"'],
  // Not of the folder, so that nothing of it is changed.
  ['Basic realm=/keys/b/a.key', 'Basic realm=/keys/b/a.key'],
  ['Basic realm=/keysa.key', 'Basic realm=/keysa.key'],
  ['Basic realm=/other/a.key', 'Basic realm=/other/a.key'],
  ['Bearer realm=/keys/a.key', 'Bearer realm=/keys/a.key'],
])('the challenge %s becomes %s', (challenge, wanted) => {
  expect(rewriteChallenge(['Www-Authenticate', challenge], '/keys', rename)).toEqual([
    'Www-Authenticate',
    wanted,
  ])
})

test('no other header is changed', () => {
  const headers = ['Server', 'Basic realm=/keys/a.key', 'Location', 'www-authenticate']
  expect(rewriteChallenge(headers, '/keys', rename)).toEqual(headers)
})

/** A folder with the key file "a.key", a server that names it, and a relay before that. */
async function setUp() {
  const base = mkdtempSync(join(tmpdir(), 'realm-relay-'))
  const onLinux = join(base, 'Tokens')
  mkdirSync(onLinux)
  writeFileSync(join(onLinux, 'a.key'), 'the-key')
  const server = createServer((asked, answer) => {
    answer.writeHead(401, { 'Www-Authenticate': `Basic realm=${onLinux}/a.key`, 'X-Asked': asked.url ?? '' })
    answer.end(asked.headers.authorization ?? 'nothing')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const folder = { onLinux, onWindows: 'C:\\Agent\\Tokens', onOtherDrive: 'Z:\\drive_c\\Agent\\Tokens' }
  const relay = await startRealmRelay({ url, address: '127.0.0.1', port: 0 }, folder)
  onTestFinished(async () => {
    await relay.stop()
    server.close()
    rmSync(base, { recursive: true })
  })
  return { relay, base }
}

async function ask(url: string, headers: Record<string, string> = {}) {
  const [answer] = await once(request(url, { headers }).end(), 'response')
  const { statusCode, headers: said } = answer
  return { statusCode, realm: said['www-authenticate'], asked: said['x-asked'], body: await text(answer) }
}

test('all but the path is passed on as it is, both ways', async () => {
  const { relay } = await setUp()
  expect(await ask(`${relay.url}?resource=x`, { Authorization: 'Basic key' })).toEqual({
    statusCode: 401,
    realm: 'Basic realm=C:\\Agent\\Tokens\\a.key',
    asked: '/token?resource=x',
    body: 'Basic key',
  })
})

const SPOILT = {
  elsewhere: ['C:\\Agent\\Elsewhere\\a.key', 'Elsewhere/a.key'],
  'other-drive': ['Z:\\drive_c\\Agent\\Tokens\\a.key', 'Tokens/a.key'],
  above: ['C:\\Agent\\Tokens\\..\\a.key', 'a.key'],
  'other-ending': ['C:\\Agent\\Tokens\\a.key.txt', 'Tokens/a.key.txt'],
  'too-large': ['C:\\Agent\\Tokens\\large-a.key', 'Tokens/large-a.key'],
} as const

test.each(KEY_FILE_FAULTS)('a key file that is "%s" is named, and is there', async (fault) => {
  const { relay, base } = await setUp()
  relay.spoil(fault)
  const [realm, file] = SPOILT[fault]
  expect((await ask(relay.url)).realm).toBe(`Basic realm=${realm}`)
  expect(statSync(join(base, file)).size > 4096).toBe(fault === 'too-large')
})

test('keys that are sent after a faulty challenge are counted, until another is chosen', async () => {
  const { relay } = await setUp()
  relay.spoil('above')
  await ask(relay.url)
  await ask(relay.url, { Authorization: 'Basic key' })
  expect(relay.faulty()).toEqual({ challenges: 2, keys: 1 })
  relay.spoil(undefined)
  expect(relay.faulty()).toEqual({ challenges: 0, keys: 0 })
})

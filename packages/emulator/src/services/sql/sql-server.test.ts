import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { signJwt } from '@landfast/server'
import { Connection, type ConnectionConfiguration, Request } from 'tedious'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../emulator.ts'
import { type SqlServer, startSqlServer } from './sql-server.ts'
import { formatMessage, MESSAGE } from './tds-packet.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://sts.windows.net/t/'
const IDENTITY = '/subscriptions/s/resourceGroups/g/providers/Microsoft.HybridCompute/machines/orders'

/** Short, as some clients here let it go by. */
const SIGN_IN_WITHIN_MILLISECONDS = 500

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function makeToken(claims: object = {}, key = privateKey): string {
  const principal = { appid: 'app', tid: 'tenant', xms_mirid: IDENTITY }
  const usual = { iss: ISSUER, aud: 'https://database.windows.net/', nbf: NOW, exp: NOW + 1, ...principal }
  return signJwt({ kid: 'one' }, { ...usual, ...claims }, key)
}

let emulator: Emulator
let server: SqlServer
let ca: string
let hasKeys = true
beforeAll(async () => {
  emulator = await createEmulator()
  const folder = dirname(emulator.caFile)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  ca = await read('ca.pem')
  server = await startSqlServer({
    key: await read('server-key.pem'),
    certificate: await read('server.pem'),
    issuer: ISSUER,
    authority: 'https://127.0.0.1:1/t',
    readKeys: async () => {
      if (!hasKeys) throw new Error('the control plane is gone')
      return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }
    },
    nowSeconds: () => NOW,
    signInWithinMilliseconds: SIGN_IN_WITHIN_MILLISECONDS,
  })
})
afterAll(async () => {
  await server.stop()
  await emulator.stop()
})

type Options = NonNullable<ConnectionConfiguration['options']>

/** Signs in with the driver that JavaScript has. */
async function signIn(token = makeToken(), options: Options = {}): Promise<Connection> {
  const authentication = { type: 'azure-active-directory-access-token', options: { token } } as const
  return await open({ authentication, options })
}

/** @throws {Error} the driver's, with what the server said of the error. */
async function open({ options, ...others }: Omit<ConnectionConfiguration, 'server'>): Promise<Connection> {
  const usual = { port: server.port, cryptoCredentialsDetails: { ca }, trustServerCertificate: false }
  const connection = new Connection({ server: 'localhost', ...others, options: { ...usual, ...options } })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let told = {}
  connection.on('errorMessage', ({ number, state }) => {
    told = { number, state }
  })
  connection.connect((error) => (error ? reject(Object.assign(error, told)) : resolve()))
  await promise
  return connection
}

/** What the statement gives, sent as a batch, or as a call when it has parameters. */
async function ask(connection: Connection, text: string, way: 'execSql' | 'execSqlBatch' = 'execSqlBatch') {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const rows: unknown[][] = []
  const request = new Request(text, (error) => (error ? reject(error) : resolve()))
  request.on('row', (row: { value: unknown }[]) => rows.push(row.map(({ value }) => value)))
  connection[way](request)
  await promise
  return rows
}

describe('a driver signs in', () => {
  test.each([
    ['with TLS in packets', { encrypt: true }],
    ['with TLS around all', { encrypt: 'strict' }],
  ] as const)('%s', async (_, options) => {
    const connection = await signIn(makeToken(), { ...options, database: 'shop' })
    expect(await ask(connection, 'SELECT SUSER_SNAME() AS login')).toEqual([['app@tenant']])
    expect(await ask(connection, 'select current_user', 'execSql')).toEqual([['orders']])
    expect(await ask(connection, 'SELECT DB_NAME()')).toEqual([['shop']])
    connection.close()
  })

  test('whose bytes come one at a time', async () => {
    const relay = createServer((left) => {
      const right = connect(server.port, '127.0.0.1')
      right.on('connect', () => {
        dribble(left, right)
        dribble(right, left)
      })
    })
    await once(relay.listen(0, '127.0.0.1'), 'listening')
    const connection = await signIn(makeToken(), { port: (relay.address() as AddressInfo).port })
    expect(await ask(connection, 'SELECT 1')).toEqual([[1]])
    connection.close()
    relay.close()
  })

  test.each([
    ['of another issuer', makeToken({ iss: 'https://sts.windows.net/other/' }), 103, 'another issuer'],
    ['for another audience', makeToken({ aud: 'https://vault.azure.net' }), 104, 'another audience'],
    ['that has expired', makeToken({ exp: NOW }), 105, 'expired'],
    ['without an end', makeToken({ exp: undefined }), 105, 'expired'],
    ['that is not valid yet', makeToken({ nbf: NOW + 1 }), 106, 'not valid yet'],
    ['that another key has signed', makeToken({}, stranger), 102, 'no key of the issuer'],
    ['that is none', 'not-a-token-at-all', 102, 'no key of the issuer'],
  ])('but not with a token %s', async (_, token, state, reason) => {
    const error = await signIn(token).catch((error) => error)
    expect(error).toMatchObject({ code: 'ELOGIN', number: 18456, state })
    expect(error.message).toContain("Login failed for user '<token-identified principal>'.")
    expect(error.message).toContain(reason)
    expect(error.message).not.toContain(token.slice(0, 12))
  })

  test('but not with a password', async () => {
    const authentication = { type: 'default', options: { userName: 'sa', password: 'marked' } } as const
    const error = await open({ authentication }).catch((error) => error)
    expect(error).toMatchObject({ number: 18456, state: 1, message: expect.stringContaining("user 'sa'") })
    expect(error.message).not.toContain('marked')
  })

  test('but not while the keys of the issuer cannot be read', async () => {
    hasKeys = false
    const token = signJwt({ kid: 'new' }, {}, privateKey)
    await expect(signIn(token)).rejects.toMatchObject({ number: 18456, state: 107 })
    hasKeys = true
  })

  test('but not unencrypted', async () => {
    await expect(signIn(makeToken(), { encrypt: false })).rejects.toMatchObject({ code: 'EENCRYPT' })
  })
})

describe('a session', () => {
  test('has no data, says so, and goes on', async () => {
    const connection = await signIn()
    for (const way of ['execSql', 'execSqlBatch'] as const) {
      await expect(ask(connection, 'SELECT * FROM orders', way)).rejects.toMatchObject({ number: 40510 })
    }
    expect(await ask(connection, 'SELECT 1')).toEqual([[1]])
    connection.close()
  })

  test('is as new when it comes back from a pool, and may have transactions in which nothing is done', async () => {
    const connection = await signIn()
    const call = (work: (done: (error?: Error | null) => void) => void) =>
      new Promise<void>((resolve, reject) => work((error) => (error ? reject(error) : resolve())))
    await call((done) => connection.beginTransaction(done))
    await call((done) => connection.commitTransaction(done))
    await call((done) => connection.beginTransaction(done))
    await call((done) => connection.rollbackTransaction(done))
    await call((done) => connection.reset(done))
    expect(await ask(connection, 'SELECT 1')).toEqual([[1]])
    connection.close()
  })
})

/** One byte a packet; none waits for another. */
function dribble(from: Socket, to: Socket): void {
  to.setNoDelay(true)
  to.on('error', () => {})
  from.on('data', (chunk) => {
    for (const byte of chunk) to.write(Buffer.of(byte))
  })
  from.on('close', () => to.end())
}

const head = (type: number, length: number) => Buffer.of(type, 1, length >> 8, length & 0xff, 0, 0, 0, 0)
const PRELOGIN = formatMessage(MESSAGE.prelogin, Buffer.of(0xff))
/** A record of TLS that is to have 256 bytes, and the first eight of them. */
const HALF_HELLO = Buffer.of(0x16, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3, 1, 1)
const HANDSHAKE = formatMessage(MESSAGE.prelogin, Buffer.alloc(300, 0x41))

/** Sends `bytes`, ends if `ends`, and gives what comes until the connection is closed. */
async function send(socket: Socket, bytes: Buffer, ends = false): Promise<Buffer> {
  const parts: Buffer[] = []
  socket.on('error', () => {})
  socket.on('data', (chunk) => parts.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(bytes)
  if (ends) socket.end()
  await closed
  return Buffer.concat(parts)
}

describe('a client that does not speak as it should', () => {
  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a packet shorter than its head', head(MESSAGE.prelogin, 3)],
    ['nothing in its first message', head(MESSAGE.prelogin, 8)],
    ['an option beyond the end', formatMessage(MESSAGE.prelogin, Buffer.of(1, 0xff, 0xff, 0, 1, 0xff))],
    ['options without an end', formatMessage(MESSAGE.prelogin, Buffer.of(0, 0, 0, 0, 0))],
    ['a sign-in before all else', formatMessage(MESSAGE.login, Buffer.alloc(94))],
    ['a handshake that is none', Buffer.concat([PRELOGIN, HANDSHAKE])],
    ['a handshake whose packet is too short', Buffer.concat([PRELOGIN, head(MESSAGE.prelogin, 1)])],
    ['no handshake', Buffer.concat([PRELOGIN, Buffer.alloc(300, 0x42)])],
    ['TLS that is none', Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5])],
    ['a packet that never ends', head(MESSAGE.prelogin, 0xffff)],
    ['half a head', Buffer.of(MESSAGE.prelogin, 1, 0)],
    ['nothing', Buffer.alloc(0)],
    ['a prelogin, and then nothing', PRELOGIN],
    ['half a packet of a handshake', Buffer.concat([PRELOGIN, HANDSHAKE.subarray(0, 20)])],
    ['half a handshake in packets', Buffer.concat([PRELOGIN, formatMessage(MESSAGE.prelogin, HALF_HELLO)])],
    ['half a handshake around all', HALF_HELLO],
    ['the first byte of TLS', Buffer.of(0x16)],
  ])('is cut off: %s', async (_, bytes) => {
    for (const ends of [true, false]) await send(connect(server.port, '127.0.0.1'), bytes, ends)
    const connection = await signIn()
    expect(await ask(connection, 'SELECT 1')).toEqual([[1]])
    connection.close()
  })

  test.each([
    ['in packets', Buffer.concat([PRELOGIN, formatMessage(MESSAGE.prelogin, HALF_HELLO)])],
    ['around all', HALF_HELLO],
  ])('is cut off in time although its handshake goes on, a byte at a time: %s', async (_, bytes) => {
    const socket = connect(server.port, '127.0.0.1')
    const dribbling = setInterval(() => socket.write(Buffer.of(1)), SIGN_IN_WITHIN_MILLISECONDS / 20)
    await send(socket, bytes).finally(() => clearInterval(dribbling))
  })

  test.each([
    ['a prelogin', PRELOGIN],
    ['half a handshake in packets', Buffer.concat([PRELOGIN, formatMessage(MESSAGE.prelogin, HALF_HELLO)])],
    ['half a handshake around all', HALF_HELLO],
  ])('ends nothing else when it resets its connection after %s', async (_, bytes) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
    socket.resetAndDestroy()
    const connection = await signIn()
    expect(await ask(connection, 'SELECT 1')).toEqual([[1]])
    connection.close()
  })

  test.each([
    ['a sign-in that is too short', [formatMessage(MESSAGE.login, Buffer.alloc(20))]],
    ['a sign-in whose fields are beyond its end', [formatMessage(MESSAGE.login, Buffer.alloc(94, 0xff))]],
    ['statements before the sign-in', [formatMessage(MESSAGE.batch, Buffer.alloc(30))]],
    ['a message of several types', [Buffer.of(16, 0, 0, 8, 0, 0, 0, 0), head(MESSAGE.batch, 8)]],
    [
      'a message without an end',
      Array(40).fill(Buffer.concat([Buffer.of(16, 0, 16, 8, 0, 0, 0, 0), Buffer.alloc(4096)])),
    ],
  ])('is told so within TLS: %s', async (_, messages) => {
    const socket = connectTls({ port: server.port, host: 'localhost', ca, ALPNProtocols: ['tds/8.0'] })
    const answer = await send(socket, Buffer.concat([PRELOGIN, ...messages]))
    expect(answer.toString('utf16le', answer.indexOf(Buffer.from('The', 'utf16le')))).toContain(
      'stream is incorrect',
    )
  })

  test('is cut off if it speaks another protocol within TLS', async () => {
    const socket = connectTls({ port: server.port, host: 'localhost', ca, ALPNProtocols: ['http/1.1'] })
    expect(await send(socket, PRELOGIN)).toHaveLength(0)
  })
})

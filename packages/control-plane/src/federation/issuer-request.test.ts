import { spawn } from 'node:child_process'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  type ForeignServer,
  HOST,
  LOOPBACK,
  resolveToLoopback,
  startForeignServer,
} from '../testing/foreign-server.ts'
import { makeCertificate } from '../testing/issuer-keys.ts'
import { temporaryFolder } from '../testing/trial.ts'
import { readNetworks } from './issuer-networks.ts'
import { DOCUMENT_MAX_BYTES, fetchDocument } from './issuer-request.ts'
import type { IssuerAccess, Resolve } from './issuer-way.ts'

/** Only a server that never ends its answer is waited for so long. */
const LONG_MILLISECONDS = 20_000

interface Changes {
  access?: Partial<IssuerAccess>
  resolve?: Resolve
  signal?: AbortSignal
  path?: string
}

function fetchFrom(server: Pick<ForeignServer, 'origin' | 'ca'>, changes: Changes = {}): Promise<unknown> {
  return fetchDocument(new URL(changes.path ?? '/document', server.origin), {
    access: { networks: LOOPBACK, ca: server.ca, ...changes.access },
    resolve: changes.resolve ?? resolveToLoopback,
    signal: changes.signal ?? AbortSignal.timeout(LONG_MILLISECONDS),
  })
}

async function refusalOf(listener: RequestListener, changes: Changes = {}): Promise<string> {
  const server = await startForeignServer(listener)
  const error = await fetchFrom(server, changes).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return (error as { code: string }).code
}

const answerWell: RequestListener = (_request, response) => {
  response.end('{"good":true}')
}

test('a document is fetched from the address that the name resolves to', async () => {
  const server = await startForeignServer(answerWell)
  expect(await fetchFrom(server, { path: '/a/b?c=d' })).toEqual({ good: true })
  expect(server.asked).toEqual(['/a/b?c=d'])
})

test('nothing that compresses is asked for, and no credential is sent', async () => {
  const server = await startForeignServer((request, response) => {
    response.end(JSON.stringify({ ...request.headers, method: request.method }))
  })
  expect(await fetchFrom(server)).toEqual({
    method: 'GET',
    host: new URL(server.origin).host,
    accept: 'application/json',
    'accept-encoding': 'identity',
    connection: 'close',
  })
})

test.each([
  [[{ address: '127.0.0.1', family: 4 }]],
  [[{ address: '::1', family: 6 }]],
  [[{ address: '::ffff:127.0.0.1', family: 6 }]],
  [[{ address: '169.254.169.254', family: 4 }]],
  [[{ address: '10.0.0.1', family: 4 }]],
  [[]],
])('a name that resolves to %j is not contacted', async (addresses: LookupAddress[]) => {
  const server = await startForeignServer(answerWell)
  const access = { networks: readNetworks(['192.168.0.0/16']) }
  await expect(fetchFrom(server, { access, resolve: async () => addresses })).rejects.toMatchObject({
    code: 'issuer_address_forbidden',
  })
  expect(server.connections).toBe(0)
})

test.each(['127.0.0.1', '127.1', '2130706433', '0x7f000001', '[::1]', '[::ffff:127.0.0.1]'])(
  'the address %s in the URL itself is not contacted, and nothing is resolved',
  async (host) => {
    const server = await startForeignServer(answerWell)
    const { port } = new URL(server.origin)
    const resolve = async () => expect.unreachable('an address was resolved')
    const origin = `https://${host}:${port}`
    await expect(
      fetchFrom({ ...server, origin }, { access: { networks: [] }, resolve }),
    ).rejects.toMatchObject({ code: 'issuer_address_forbidden' })
    expect(server.connections).toBe(0)
  },
)

test('a name that turns private is looked up once, and what was checked is what is connected to', async () => {
  const server = await startForeignServer(answerWell)
  const answers: LookupAddress[][] = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '10.0.0.1', family: 4 }],
  ]
  let asked = 0
  const resolve = async () => answers[asked++] ?? []
  expect(await fetchFrom(server, { resolve })).toEqual({ good: true })
  expect(asked).toBe(1)
  // The next connection is looked up, and so checked, anew.
  await expect(fetchFrom(server, { resolve })).rejects.toMatchObject({ code: 'issuer_address_forbidden' })
  expect([asked, server.connections]).toEqual([2, 1])
})

test('of several addresses only those allowed are connected to', async () => {
  const server = await startForeignServer(answerWell)
  const resolve = async () => [
    { address: '169.254.169.254', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]
  expect(await fetchFrom(server, { resolve })).toEqual({ good: true })
})

test('a name that cannot be resolved is said so', async () => {
  const resolve = () => Promise.reject(new Error('ENOTFOUND'))
  expect(await refusalOf(answerWell, { resolve })).toBe('issuer_unresolved')
})

test('a resolver that never answers is left behind', async () => {
  const ending = new AbortController()
  const resolve: Resolve = () => {
    ending.abort()
    return new Promise(() => {})
  }
  expect(await refusalOf(answerWell, { resolve, signal: ending.signal })).toBe('issuer_slow')
})

test.each([201, 204, 301, 302, 303, 307, 308, 401, 404, 500])('the status %i is refused', async (status) => {
  const elsewhere = await startForeignServer(answerWell)
  const code = await refusalOf((_request, response) => {
    response.writeHead(status, { Location: `${elsewhere.origin}/` }).end('{}')
  })
  expect(code).toBe('issuer_status')
  expect(elsewhere.connections).toBe(0)
})

test('a compressed answer is not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * DOCUMENT_MAX_BYTES, ' '))
  const code = await refusalOf((_request, response) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb)
  })
  expect(code).toBe('issuer_answer_encoded')
})

test('compressed bytes that are not said to be are no JSON', async () => {
  const bomb = gzipSync(Buffer.alloc(DOCUMENT_MAX_BYTES, ' '))
  expect(await refusalOf((_request, response) => response.end(bomb))).toBe('issuer_answer_malformed')
})

test('an answer of exactly the largest size is read', async () => {
  const text = JSON.stringify('x'.repeat(DOCUMENT_MAX_BYTES - 2))
  const server = await startForeignServer((_request, response) => response.end(text))
  expect(await fetchFrom(server)).toHaveLength(DOCUMENT_MAX_BYTES - 2)
})

test('an answer that says to be larger is not read', async () => {
  const code = await refusalOf((_request, response) => {
    response.writeHead(200, { 'Content-Length': DOCUMENT_MAX_BYTES + 1 }).flushHeaders()
  })
  expect(code).toBe('issuer_answer_large')
})

test('an endless answer is cut, and its connection ended', async () => {
  const ended = Promise.withResolvers<void>()
  const code = await refusalOf((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    response.on('close', ended.resolve)
    more()
  })
  expect(code).toBe('issuer_answer_large')
  await ended.promise
})

test.each<[string, RequestListener]>([
  ['answers nothing', () => {}],
  ['answers only its head', (_request, response) => response.flushHeaders()],
  ['stops in the middle', (_request, response) => response.write('{"a":')],
  ['sends hints for ever', (_request, response) => response.writeEarlyHints({ link: '</x>; rel=preload' })],
])('a server that %s is left after a while, and its connection ended', async (_what, listener) => {
  const ending = new AbortController()
  const ended = Promise.withResolvers<void>()
  const code = await refusalOf(
    (request, response) => {
      response.on('close', ended.resolve)
      listener(request, response)
      setImmediate(() => ending.abort())
    },
    { signal: ending.signal },
  )
  expect(code).toBe('issuer_slow')
  await ended.promise
})

test('a server that never speaks TLS is left after a while', async () => {
  const ending = new AbortController()
  const silent = createServer(() => ending.abort())
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const { port } = silent.address() as { port: number }
  const { certificate } = await makeCertificate([{ type: 'dns', value: HOST }])
  const fetching = fetchFrom(
    { origin: `https://${HOST}:${port}`, ca: certificate },
    { signal: ending.signal },
  )
  await expect(fetching).rejects.toMatchObject({ code: 'issuer_slow' })
  silent.close()
})

test('a server that is down is said to be unreachable', async () => {
  const server = await startForeignServer(answerWell)
  await server.stop()
  await expect(fetchFrom(server)).rejects.toMatchObject({ code: 'issuer_unreachable' })
})

test('a connection that breaks in the middle gives no half document', async () => {
  const code = await refusalOf((_request, response) => {
    response.write('{}', () => response.socket?.destroy())
  })
  expect(code).toBe('issuer_unreachable')
})

test('heads without end are refused', async () => {
  const code = await refusalOf((_request, response) => {
    response.writeHead(200, { 'X-Long': 'x'.repeat(32_768) }).end('{}')
  })
  expect(code).toBe('issuer_unreachable')
})

test.each(['', '{', '\u0000', '{"a":1}}', '\ufffe'])('the body %j is no JSON', async (body) => {
  expect(await refusalOf((_request, response) => response.end(body))).toBe('issuer_answer_malformed')
})

test('bytes that are no UTF-8 are no JSON', async () => {
  const body = Buffer.from([0x22, 0xff, 0x22])
  expect(await refusalOf((_request, response) => response.end(body))).toBe('issuer_answer_malformed')
})

test('without its CA, or under another name, a server is not trusted', async () => {
  const server = await startForeignServer(answerWell)
  const { ca: _, ...access } = { networks: LOOPBACK, ca: '' }
  const untrusted = fetchDocument(new URL(server.origin), {
    access,
    resolve: resolveToLoopback,
    signal: AbortSignal.timeout(LONG_MILLISECONDS),
  })
  await expect(untrusted).rejects.toMatchObject({ code: 'issuer_unreachable' })
  const origin = server.origin.replace(HOST, 'other.test')
  await expect(fetchFrom({ ...server, origin })).rejects.toMatchObject({ code: 'issuer_unreachable' })
  const stranger = (await makeCertificate([{ type: 'dns', value: HOST }])).certificate
  await expect(fetchFrom({ ...server, ca: stranger })).rejects.toMatchObject({ code: 'issuer_unreachable' })
  expect(server.asked).toEqual([])
})

test('an issuer whose CA is in the store of the system is trusted', async () => {
  const server = await startForeignServer(answerWell)
  const store = join(await temporaryFolder(), 'store.pem')
  await writeFile(store, server.ca)
  const program = new URL('../testing/fetch-program.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=source', program, server.origin, server.ca], {
    env: { ...process.env, SSL_CERT_FILE: store, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = (await child.stdout.toArray()).join('')
  expect(JSON.parse(output)).toEqual({ trusted: { good: true }, untrusted: { good: true } })
})

test('neither proxy variables nor those that switch off TLS checks are followed', async () => {
  const server = await startForeignServer(answerWell)
  const proxy = await startForeignServer(answerWell)
  const proxyUrl = proxy.origin.replace('https', 'http').replace(HOST, '127.0.0.1')
  const program = new URL('../testing/fetch-program.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=source', program, server.origin, server.ca], {
    env: {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      HTTPS_PROXY: proxyUrl,
      https_proxy: proxyUrl,
      NO_PROXY: '',
      NODE_NO_WARNINGS: '1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = (await child.stdout.toArray()).join('')
  expect(JSON.parse(output)).toEqual({ trusted: { good: true }, untrusted: 'issuer_unreachable' })
  expect(proxy.connections).toBe(0)
})

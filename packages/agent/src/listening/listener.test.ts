import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { asOrdinaryUser, testWith } from '../../../../test/privilege.ts'
import type { AgentError } from '../errors.ts'
import { Listener, type ListenerOptions } from './listener.ts'

const BOTH = ['127.0.0.1', '::1']
const RETRY_MS = 30_000

afterEach(() => void vi.useRealTimers())

/** What the network of a test lacks. */
interface Network {
  ipv6: boolean
}

function setUp(changes: Partial<ListenerOptions> = {}, network: Network = { ipv6: true }) {
  const missing: string[] = []
  const lost: AgentError[] = []
  const listener = new Listener({
    addresses: BOTH,
    port: 0,
    createServer: () => serverIn(network),
    onAddressMissing: (address) => missing.push(address),
    onLost: (error) => lost.push(error),
    ...changes,
  })
  onTestFinished(() => listener.stop(0))
  return { listener, missing, lost }
}

/** A server that says "ok", and cannot have an IPv6 address while `network` has none. */
function serverIn(network: Network): Server {
  const server = createHttpServer((_, response) => response.end('ok'))
  const listen = server.listen.bind(server) as (...all: unknown[]) => Server
  server.listen = (...all: unknown[]) => {
    const [{ host }] = all as [{ host: string }]
    if (network.ipv6 || host !== '::1') return listen(...all)
    queueMicrotask(() => server.emit('error', Object.assign(new Error('off'), { code: 'EADDRNOTAVAIL' })))
    return server
  }
  return server
}

async function hold(host: string, port = 0): Promise<number> {
  const server = createTcpServer().listen({ host, port, ipv6Only: true })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

/** Takes a port of `::1` of which 127.0.0.1 has been free until now. */
async function holdOfBoth(): Promise<number> {
  const free = createTcpServer().listen({ host: '127.0.0.1', port: 0 })
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  try {
    return await hold('::1', port)
  } catch {
    return await holdOfBoth()
  } finally {
    free.close()
  }
}

async function ask(host: string, port: number): Promise<string> {
  const answer = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`)
  return answer.text()
}

testWith(['ipv6'], 'both addresses answer on the same port, and on none after the stop', async () => {
  const { listener } = setUp()
  await listener.start()
  for (const host of BOTH) expect(await ask(host, listener.port)).toBe('ok')
  await listener.stop(0)
  for (const host of BOTH) await expect(ask(host, listener.port)).rejects.toThrow()
})

testWith(['ipv6'], '::1 taken by somebody else: the start fails, and 127.0.0.1 is let go', async () => {
  const port = await holdOfBoth()
  const { listener } = setUp({ port })
  await expect(listener.start()).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`::1 port ${port}, by a server of user "`),
  })
  await expect(ask('127.0.0.1', port)).rejects.toThrow()
  expect(await hold('127.0.0.1', port)).toBe(port)
})

test('127.0.0.1 taken by somebody else: the start fails and says by whom', async () => {
  const port = await hold('127.0.0.1')
  await expect(setUp({ port }).listener.start()).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringMatching(/^the port is taken: 127\.0\.0\.1 port \d+(, by a server of user ".+")?$/),
    cause: { code: 'EADDRINUSE' },
  })
})

testWith(['linux'], 'a port held by an outgoing connection: the error says how to reserve it', async () => {
  const client = connect(await hold('127.0.0.1'), '127.0.0.1')
  await once(client, 'connect')
  onTestFinished(() => void client.destroy())
  await expect(setUp({ port: client.localPort ?? 0 }).listener.start()).rejects.toMatchObject({
    code: 'port_ephemeral',
    hint: expect.stringContaining('net.ipv4.ip_local_reserved_ports=40342'),
  })
})

test('when a free port is wanted and the one found is taken on the other address, another is found', async () => {
  let refusals = 3
  const { listener } = setUp({
    createServer: () => {
      const server = serverIn({ ipv6: true })
      const listen = server.listen.bind(server) as (...all: unknown[]) => Server
      server.listen = (...all: unknown[]) => {
        const [{ port }] = all as [{ port: number }]
        if (port === 0 || refusals === 0) return listen(...all)
        refusals -= 1
        queueMicrotask(() => server.emit('error', Object.assign(new Error('taken'), { code: 'EADDRINUSE' })))
        return server
      }
      return server
    },
    addresses: ['127.0.0.1', '127.0.0.2'],
  })
  await listener.start()
  expect(refusals).toBe(0)
  for (const host of ['127.0.0.1', '127.0.0.2']) expect(await ask(host, listener.port)).toBe('ok')
})

test('a port below 1024 is forbidden to an ordinary user', async () => {
  const { listener } = setUp({ port: 1, addresses: ['127.0.0.1'] })
  const started = asOrdinaryUser(() => listener.start())
  await started.then(
    () => listener.stop(0),
    (error) => expect(error.code).toBe('port_forbidden'),
  )
})

test('an address that this host does not have is missing', async () => {
  await expect(setUp({ addresses: ['192.0.2.1'] }).listener.start()).rejects.toMatchObject({
    code: 'address_missing',
    message: expect.stringContaining('192.0.2.1'),
  })
})

testWith(['ipv6'], 'where IPv6 is off that is said, tried again, and taken when it comes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const network = { ipv6: false }
  const { listener, missing, lost } = setUp({}, network)
  await listener.start()
  expect(missing).toEqual(['::1'])
  expect(await ask('127.0.0.1', listener.port)).toBe('ok')
  await vi.advanceTimersByTimeAsync(RETRY_MS)
  await expect(ask('::1', listener.port)).rejects.toThrow()
  network.ipv6 = true
  await vi.advanceTimersByTimeAsync(RETRY_MS)
  await expect.poll(() => ask('::1', listener.port).catch(() => 'not yet')).toBe('ok')
  expect(vi.getTimerCount()).toBe(0)
  expect(lost).toEqual([])
})

testWith(
  ['ipv6'],
  'where IPv6 comes and ::1 is somebody else\u2019s by then, the agent is told to stop',
  async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const network = { ipv6: false }
    const { listener, lost } = setUp({}, network)
    await listener.start()
    await hold('::1', listener.port)
    network.ipv6 = true
    await vi.advanceTimersByTimeAsync(RETRY_MS)
    await expect.poll(() => lost.map(({ code }) => code)).toEqual(['port_taken'])
    expect(vi.getTimerCount()).toBe(0)
  },
)

testWith(['ipv6'], 'a listener that stops while it tries an address again holds none after', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const network = { ipv6: false }
  const { listener } = setUp({}, network)
  await listener.start()
  network.ipv6 = true
  vi.advanceTimersByTime(RETRY_MS)
  await listener.stop(0)
  await expect.poll(() => ask('::1', listener.port).catch(() => 'closed')).toBe('closed')
})

test('a stop lets an answer under way finish', async () => {
  const answer = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const { listener } = setUp({
    addresses: ['127.0.0.1'],
    createServer: () =>
      createHttpServer(async (_, response) => {
        asked.resolve()
        await answer.promise
        response.end('late')
      }),
  })
  await listener.start()
  const answered = ask('127.0.0.1', listener.port)
  await asked.promise
  const stopped = listener.stop(10_000)
  answer.resolve()
  expect(await answered).toBe('late')
  await stopped
})

test('a stop cuts what does not end in time: an answer that never comes, and a connection that says nothing', async () => {
  const asked = Promise.withResolvers<void>()
  const { listener } = setUp({
    addresses: ['127.0.0.1'],
    createServer: () => createHttpServer(() => asked.resolve()),
  })
  await listener.start()
  const silent = connect(listener.port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent, 'connect')
  const answered = ask('127.0.0.1', listener.port).catch(() => 'cut')
  await asked.promise
  await listener.stop(20)
  expect(await answered).toBe('cut')
  if (!silent.closed) await once(silent, 'close')
})

test('a connection that could not be accepted does not end the process', async () => {
  const servers: Server[] = []
  const { listener } = setUp({
    addresses: ['127.0.0.1'],
    createServer: () => {
      const server = serverIn({ ipv6: true })
      servers.push(server)
      return server
    },
  })
  await listener.start()
  expect(() =>
    servers[0]?.emit('error', Object.assign(new Error('accept'), { code: 'EMFILE' })),
  ).not.toThrow()
  expect(await ask('127.0.0.1', listener.port)).toBe('ok')
})

testWith(
  ['ipv6'],
  'a listener whose address was taken while it had none answers at no other one either',
  async () => {
    const { listener, lost } = setUp()
    await listener.start()
    await listener.suspend()
    await hold('::1', listener.port)
    await expect(listener.resume()).rejects.toMatchObject({ code: 'port_taken' })
    expect(lost).toMatchObject([{ code: 'port_taken' }])
    await expect(ask('127.0.0.1', listener.port)).rejects.toThrow()
  },
)

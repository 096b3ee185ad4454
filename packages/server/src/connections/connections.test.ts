import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { get, RawConnection, valuesOf } from '../../../../test/agent/raw-http.ts'
import { BOUNDED_PIPELINE } from './bounded-pipeline.ts'
import { type ConnectionBound, watchConnections } from './connections.ts'

const REQUEST = get('/', 'Host: x')

/** More than the kernel keeps for a peer that does not read. */
const LONG = 'x'.repeat(20_000_000)

async function startServer(
  max: number,
  waiting: ServerResponse[] = [],
  ownerOf?: ConnectionBound['ownerOf'],
) {
  const server: Server = createServer(BOUNDED_PIPELINE, (request, response) => {
    if (request.url === '/wait') waiting.push(response)
    else request.on('end', () => response.end(request.url === '/long' ? LONG : 'ok')).resume()
  })
  const connections = watchConnections(server, { max, ...(ownerOf && { ownerOf }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  /** A connection that the server has taken. */
  const open = async () => {
    const taken = once(server, 'connection')
    const connection = new RawConnection({ port })
    await taken
    return connection
  }
  return { server, open, port, connections }
}

test('past the bound, the connection that was quiet for longest makes room', async () => {
  const { open } = await startServer(3)
  const connections = [await open(), await open(), await open()]
  connections[0]?.send(REQUEST)
  expect(await connections[0]?.read()).toMatchObject({ status: 200 })
  const newest = await open()
  await connections[1]?.end()
  newest.send(REQUEST)
  expect(await newest.read()).toMatchObject({ status: 200 })
  expect([connections[0]?.ended, connections[2]?.ended]).toEqual([false, false])
})

/** Connections belong to `names` in the order in which they come. */
function ownersOf(names: string[]): ConnectionBound['ownerOf'] {
  const owners = new Map<number | undefined, string | undefined>()
  return ({ remotePort }) => {
    if (!owners.has(remotePort)) owners.set(remotePort, names.shift())
    return owners.get(remotePort)
  }
}

test('where owners are known, who has the most makes room, also for others', async () => {
  const { open } = await startServer(3, [], ownersOf(['one', 'many', 'many', 'other', 'one']))
  const [one, first, second] = [await open(), await open(), await open()]
  const other = await open()
  await first.end()
  expect([one, second, other].map(({ ended }) => ended)).toEqual([false, false, false])
  await open()
  await one.end()
  expect([second, other].map(({ ended }) => ended)).toEqual([false, false])
})

test('where who has the most is being answered, the one that was quiet for longest makes room', async () => {
  const waiting: ServerResponse[] = []
  const { open, server } = await startServer(3, waiting, ownersOf(['other', 'many', 'many', 'new']))
  const other = await open()
  for (let count = 0; count < 2; count += 1) {
    const asked = once(server, 'request')
    const busy = await open()
    busy.send(get('/wait', 'Host: x'))
    await asked
  }
  const newest = await open()
  const ended = [other.end().then(() => 'the quiet one'), newest.end().then(() => 'the newest')]
  expect(await Promise.race(ended)).toBe('the quiet one')
  for (const response of waiting) response.end()
})

test('once it drains, each answer is the last one of its connection, and new connections are taken', async () => {
  const { open, connections } = await startServer(9)
  const kept = await open()
  kept.send(REQUEST)
  expect(valuesOf((await kept.read()) ?? { headers: [] }, 'connection')).toEqual(['keep-alive'])
  connections.drain()
  for (const connection of [kept, await open()]) {
    connection.send(REQUEST)
    const answer = await connection.read()
    expect([answer?.status, valuesOf(answer ?? { headers: [] }, 'connection')]).toEqual([200, ['close']])
    await connection.end()
  }
})

test('a connection whose request is being answered is not cut', async () => {
  const waiting: ServerResponse[] = []
  const { open } = await startServer(2, waiting)
  const busy = await open()
  busy.send(get('/wait', 'Host: x'))
  await expect.poll(() => waiting.length).toBe(1)
  const others = [await open(), await open(), await open()]
  await others[1]?.end()
  waiting[0]?.end('at last')
  expect(await busy.read()).toMatchObject({ status: 200, body: 'at last' })
})

test('when every other connection is busy, the new one is cut', async () => {
  const waiting: ServerResponse[] = []
  const { open } = await startServer(2, waiting)
  const busy = [await open(), await open()]
  for (const connection of busy) connection.send(get('/wait', 'Host: x'))
  await expect.poll(() => waiting.length).toBe(2)
  await (await open()).end()
  expect(busy.map(({ ended }) => ended)).toEqual([false, false])
})

test('of owners whose requests fill the bound, the one with most loses one to whoever comes', async () => {
  const waiting: ServerResponse[] = []
  const owners = new Map<number | undefined, string>()
  const { open } = await startServer(4, waiting, ({ remotePort }) => owners.get(remotePort))
  const busy = [await open(), await open(), await open(), await open()]
  for (const [index, { socket }] of busy.entries()) owners.set(socket.localPort, index === 0 ? 'one' : 'many')
  for (const connection of busy) connection.send(get('/wait', 'Host: x'))
  await expect.poll(() => waiting.length).toBe(4)
  const newest = await open()
  await busy[1]?.end()
  newest.send(REQUEST)
  expect(await newest.read()).toMatchObject({ status: 200 })
  expect(busy.map(({ ended }) => ended)).toEqual([false, true, false, false])
})

test('connections that do not take their answers keep out nobody who asks', async () => {
  const { open, server } = await startServer(3)
  const unread = [await open(), await open(), await open()]
  const answers = unread.map(() => once(server, 'request'))
  for (const { socket } of unread) socket.pause().write(get('/long', 'Host: x'))
  await Promise.all(answers)
  const newest = await open()
  newest.send(REQUEST)
  expect(await newest.read()).toMatchObject({ status: 200 })
})

test('connections that do not send the body that they announce keep out nobody who asks', async () => {
  const { open, server } = await startServer(3)
  const slow = [await open(), await open(), await open()]
  for (const connection of slow) {
    const asked = once(server, 'request')
    connection.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf')
    await asked
  }
  const newest = await open()
  await slow[0]?.end()
  newest.send(REQUEST)
  expect(await newest.read()).toMatchObject({ status: 200 })
})

test('once its body is there, a request is not cut', async () => {
  const waiting: ServerResponse[] = []
  const { open, connections } = await startServer(1, waiting)
  const busy = await open()
  busy.send('POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf')
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.req.resume()
  busy.send(' more')
  await once(waiting[0]?.req ?? busy.socket, 'end')
  await (await open()).end()
  const closed = connections.close(60_000)
  waiting[0]?.end('at last')
  expect(await busy.read()).toMatchObject({ status: 200, body: 'at last' })
  await closed
})

test('a connection with more requests under way than any client sends is cut', async () => {
  const waiting: ServerResponse[] = []
  const { open } = await startServer(9, waiting)
  const [few, many] = [await open(), await open()]
  few.send(get('/wait', 'Host: x').repeat(16))
  await expect.poll(() => waiting.length).toBe(16)
  // One look at the socket brings more than that.
  many.send(get('/wait', 'Host: x').repeat(1_000))
  await many.end()
  expect(waiting.length).toBeLessThanOrEqual(16 + 17)
  for (const response of waiting.slice(0, 16)) response.end('at last')
  for (let count = 0; count < 16; count += 1) expect(await few.read()).toMatchObject({ status: 200 })
  few.send(REQUEST)
  expect(await few.read()).toMatchObject({ status: 200 })
})

test('a connection that ends makes room by itself', async () => {
  const { open } = await startServer(2)
  const [first, second] = [await open(), await open()]
  first.socket.destroy()
  await first.end()
  const third = await open()
  third.send(REQUEST)
  expect(await third.read()).toMatchObject({ status: 200 })
  expect(second.ended).toBe(false)
})

test('hundreds of connections that say nothing keep out nobody who asks', async () => {
  const { open, server, port } = await startServer(50)
  for (let index = 0; index < 500; index += 1) {
    const idle = new RawConnection({ port })
    idle.socket.unref()
  }
  const legitimate = await open()
  legitimate.send(REQUEST)
  expect(await legitimate.read()).toMatchObject({ status: 200 })
  const count = () => new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)))
  await expect.poll(count).toBeLessThanOrEqual(50)
})

test('when the server closes, connections on which nothing happens are ended at once', async () => {
  const { server, open, connections } = await startServer(10)
  const [silent, halfWay] = [await open(), await open()]
  halfWay.send('GET / HTTP/1.1\r\nHost')
  await connections.close(60_000)
  await Promise.all([silent.end(), halfWay.end()])
  expect(server.listening).toBe(false)
})

test('a closing server finishes the answer under way, and then ends its connection', async () => {
  const waiting: ServerResponse[] = []
  const { open, connections } = await startServer(10, waiting)
  const busy = await open()
  busy.send(get('/wait', 'Host: x'))
  await expect.poll(() => waiting.length).toBe(1)
  const closed = connections.close(60_000)
  waiting[0]?.end('at last')
  expect(await busy.read()).toMatchObject({ status: 200, body: 'at last' })
  await closed
})

test('a closing server ends a connection whose request was not read to its end', async () => {
  const waiting: ServerResponse[] = []
  const server: Server = createServer(async (request, response) => {
    for await (const _ of request) break
    waiting.push(response)
  })
  const connections = watchConnections(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const caller = new RawConnection({ port: (server.address() as { port: number }).port })
  caller.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nthe beginning')
  await expect.poll(() => waiting.length).toBe(1)
  const closed = connections.close(60_000)
  waiting[0]?.end('enough')
  await Promise.all([closed, caller.end()])
})

test('a closing server ends what it does not finish in time, a tunnel that it let go of too', async () => {
  const waiting: ServerResponse[] = []
  const { server, open, connections } = await startServer(10, waiting)
  const tunnels: unknown[] = []
  server.on('connect', (_request, socket) => tunnels.push(socket.on('error', () => {})))
  const [busy, tunnel] = [await open(), await open()]
  busy.send(get('/wait', 'Host: x'))
  tunnel.send('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')
  await expect.poll(() => [waiting.length, tunnels.length]).toEqual([1, 1])
  await connections.close(10)
  await Promise.all([busy.end(), tunnel.end()])
})

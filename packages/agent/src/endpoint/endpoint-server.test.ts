import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { exchange, get, RawConnection, valuesOf } from '../../../../test/agent/raw-http.ts'
import { createEndpointServer } from './endpoint-server.ts'

/** A server that answers every request with its headers. */
async function start(change: (server: Server) => void = () => {}) {
  const server = createEndpointServer(async (request, response) => {
    const body = JSON.stringify(request.headers)
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(body) }).end(body)
  })
  change(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as { port: number }).port }
}

test('its limits are those of the endpoint', async () => {
  const { server } = await start()
  expect(server).toMatchObject({ headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 30_000 })
})

test('headers that never come to an end are answered with 408, and the connection ends', async () => {
  const target = await start((server) => Object.assign(server, { headersTimeout: 10 }))
  const connection = new RawConnection(target)
  connection.send('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow')
  expect(await connection.read()).toMatchObject({
    status: 408,
    body: expect.stringContaining('invalid_request'),
  })
  await connection.end()
})

test('a connection on which nothing comes is ended', async () => {
  const target = await start((server) => Object.assign(server, { headersTimeout: 10 }))
  await new RawConnection(target).end()
})

test.each(['Host', 'Authorization', 'Metadata', 'X-Identity-Header', 'Content-Type'])(
  'the header %s sent twice is seen as both, so that it equals neither',
  async (name) => {
    const answer = await exchange(await start(), get('/', `${name}: a`, `${name}: a`))
    expect(JSON.parse(answer.body)[name.toLowerCase()]).toBe('a, a')
  },
)

test('a connection is kept between requests', async () => {
  const connection = new RawConnection(await start())
  for (let request = 0; request < 3; request += 1) {
    connection.send(get('/', 'Host: x'))
    expect((await connection.read())?.status).toBe(200)
  }
  expect(connection.ended).toBe(false)
})

test('a request with a body is answered without it, and the connection ends', async () => {
  const connection = new RawConnection(await start())
  connection.send(`${get('/', 'Host: x', 'Content-Length: 5')}hello${get('/', 'Host: x')}`)
  const answer = await connection.read()
  expect(valuesOf({ headers: answer?.headers ?? [] }, 'connection')).toEqual(['close'])
  await connection.end()
  expect(await connection.read()).toBeUndefined()
})

test('who hangs up in the middle of a request harms nobody', async () => {
  const target = await start()
  const caller = connect(target.port, '127.0.0.1')
  caller.on('error', () => {})
  await once(caller, 'connect')
  caller.write('GET / HTTP/1.1\r\nHos')
  caller.resetAndDestroy()
  await once(caller, 'close')
  expect((await exchange(target, get('/', 'Host: x'))).status).toBe(200)
})

test('a tunnel that is asked for and then reset ends nothing but itself', async () => {
  const target = await start()
  for (let index = 0; index < 20; index += 1) {
    const socket = connect(target.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n')
    socket.resetAndDestroy()
  }
  expect(await exchange(target, get('/', 'Host: 127.0.0.1'))).toMatchObject({ status: 200 })
})

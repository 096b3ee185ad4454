import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { RawConnection } from '../../../../test/agent/raw-http.ts'
import { checkWhileConnected } from './connection-checks.ts'

const EVERY_MS = 10

async function start() {
  const server = createServer({ connectionsCheckingInterval: EVERY_MS, headersTimeout: 20 })
  checkWhileConnected(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

/** How often Node checks the connections of `server`; undefined if it does not. */
function checkedEveryMs(server: Server): number | undefined {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connectionsCheckingInterval',
  )
  if (!key) return undefined
  const timer = (server as unknown as Record<symbol, { _repeat: number; _destroyed: boolean }>)[key]
  return timer?._destroyed ? undefined : timer?._repeat
}

test('a server without connections is woken by no check', async () => {
  const { server } = await start()
  expect(checkedEveryMs(server)).toBeGreaterThan(86_400_000)
})

test('a request that takes too long is ended, whether it is on the first connection or after a rest', async () => {
  const { server, port } = await start()
  for (let connection = 0; connection < 2; connection += 1) {
    const caller = new RawConnection({ port })
    caller.send('GET / HTTP/1.1\r\nHost: x\r\nX-Slow')
    expect(await caller.read()).toMatchObject({ status: 408 })
    await caller.end()
    await expect.poll(() => checkedEveryMs(server)).toBeGreaterThan(86_400_000)
  }
})

test('checks go on while there is a connection', async () => {
  const { server, port } = await start()
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(server, 'connection')
  expect(checkedEveryMs(server)).toBe(EVERY_MS)
})

test('a server that is closed checks nothing more', async () => {
  const { server, port } = await start()
  const socket = connect(port, '127.0.0.1')
  await once(server, 'connection')
  server.close()
  socket.destroy()
  await once(server, 'close')
  expect(checkedEveryMs(server)).toBeUndefined()
})

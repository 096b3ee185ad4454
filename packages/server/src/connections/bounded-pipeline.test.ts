import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { get, RawConnection } from '../../../../test/agent/raw-http.ts'
import { BOUNDED_PIPELINE } from './bounded-pipeline.ts'

test.each(['close', 'keep-alive'])(
  'a body that is left unread by an answer with "Connection: %s" harms nothing',
  async (connection) => {
    const server = createServer(BOUNDED_PIPELINE, async (request, response) => {
      for await (const _ of request) break
      response.writeHead(413, { Connection: connection }).end('too much')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const caller = new RawConnection({ port })
    caller.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nthe beginning`)
    expect(await caller.read()).toMatchObject({ status: 413 })
    // An exception of the parser would end the process, and with it this test.
    caller.send('x'.repeat(1_000))
    const next = new RawConnection({ port })
    next.send(get('/', 'Host: x'))
    expect(await next.read()).toMatchObject({ status: 413 })
  },
)

/**
 * A proxy that passes TLS through, as those of companies do.
 *
 * @module
 */

import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A running proxy, and to where it was asked to connect. */
export interface ConnectProxy {
  url: string
  asked: string[]
}

/** Starts one; it stops with the test. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer()
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (incoming, socket, head) => {
    asked.push(incoming.url ?? '')
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const beyond = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      beyond.write(head)
      beyond.pipe(socket).pipe(beyond)
    })
    for (const one of [beyond, socket]) one.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/**
 * A server between a browser and a control plane that keeps every byte which the browser sends, as it is before TLS.
 *
 * @module
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'

/** What it is, and what it heard. */
export interface RecordingProxy {
  url: string
  /** What came over each connection. */
  heard(): string[]
}

/** Starts one in front of `target`; it is stopped after the test. */
export async function startRecordingProxy(
  target: string,
  pem: { certificate: string; key: string },
): Promise<RecordingProxy> {
  const recordings: Buffer[][] = []
  const sockets: TLSSocket[] = []
  const server = createServer({ cert: pem.certificate, key: pem.key }, (browser) => {
    const { hostname: host, port } = new URL(target)
    const controlPlane = connect({ host, port: Number(port), rejectUnauthorized: false })
    const recording: Buffer[] = []
    recordings.push(recording)
    sockets.push(browser, controlPlane)
    browser.on('data', (chunk) => recording.push(chunk))
    browser.pipe(controlPlane).pipe(browser)
    // Either may go away at any moment.
    for (const socket of [browser, controlPlane]) socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => recordings.map((chunks) => Buffer.concat(chunks).toString('latin1')),
  }
}

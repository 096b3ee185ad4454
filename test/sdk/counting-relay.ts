/**
 * Stands between an SDK and the identity endpoint and counts requests, without looking into them.
 *
 * @module
 */

import { type AddressInfo, connect, createServer } from 'node:net'
import { joinSockets } from '../joined-sockets.ts'

/** A relay to one endpoint. */
export interface CountingRelay {
  /** The endpoint's URL with the relay's port. */
  readonly url: string
  /** Requests so far. */
  readonly requests: number
  close(): void
}

/** Starts a relay to the endpoint at `url`. */
export async function startCountingRelay(url: string): Promise<CountingRelay> {
  const { hostname, port } = new URL(url)
  let requests = 0
  const server = createServer((caller) => {
    const endpoint = connect(Number(port), hostname)
    caller.on('data', (bytes) => {
      requests += bytes.toString('latin1').match(/^[A-Z]+ \S+ HTTP\/1\.1\r$/gm)?.length ?? 0
    })
    joinSockets(caller, endpoint)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const relayed = new URL(url)
  relayed.port = String((server.address() as AddressInfo).port)
  return {
    url: relayed.href,
    get requests() {
      return requests
    },
    close: () => server.close(),
  }
}

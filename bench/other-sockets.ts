/**
 * A process that fills the host's table of sockets: it connects to itself, and neither reads nor writes.
 *
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { work } from './worker.ts'

/** Sockets that are held, or that were closed and wait for late packets. */
export interface OtherSockets {
  state: 'established' | 'time-wait'
  count: number
}

/** So many connections are made at once: more would not fit into the queue of those that nobody accepted yet. */
const AT_ONCE = 250

/** Of one address, fewer than the kernel gives numbers of ports to. */
const PER_ADDRESS = 20_000

/** How many there are of them now. Both ends of a held connection count. */
work<OtherSockets, number>(async ({ state, count }) => {
  const wanted = state === 'established' ? count / 2 : count
  const all = Promise.withResolvers<void>()
  let accepted = 0
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    accepted++
    if (accepted === wanted) all.resolve()
    socket.on('error', () => {})
    if (state === 'time-wait') socket.resume().on('end', () => socket.end())
  }).listen({ host: '127.0.0.1', port: 0, backlog: AT_ONCE })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let made = 0; made < wanted; made += AT_ONCE) {
    const localAddress = `127.1.0.${1 + Math.floor(made / PER_ADDRESS)}`
    const some = Array.from({ length: Math.min(AT_ONCE, wanted - made) }, () =>
      connect({ port, host: '127.0.0.1', localAddress }),
    )
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    if (state === 'time-wait') await Promise.all(some.map(end))
  }
  await all.promise
  return state === 'established' ? accepted + wanted : wanted
})

/** Closed first, it is this end that waits. */
async function end(socket: Socket): Promise<void> {
  socket.resume().end()
  await once(socket, 'close')
}

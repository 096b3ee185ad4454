/**
 * A process that fills the host's table of sockets: it connects to itself, and neither reads nor writes.
 *
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { work } from './worker.ts'

/** So many connections are made at once: more would not fit into the queue of those that nobody accepted yet. */
const AT_ONCE = 250

/** How many sockets to hold; the answer is how many are held. Both ends of a connection count. */
work<number, number>(async (count) => {
  const wanted = count / 2
  const all = Promise.withResolvers<void>()
  let accepted = 0
  const server = createServer(() => {
    accepted++
    if (accepted === wanted) all.resolve()
  }).listen({ host: '127.0.0.1', port: 0, backlog: AT_ONCE })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let made = 0; made < wanted; made += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, wanted - made) }, () => connect(port, '127.0.0.1'))
    await Promise.all(some.map((socket) => once(socket, 'connect')))
  }
  await all.promise
  return accepted + wanted
})

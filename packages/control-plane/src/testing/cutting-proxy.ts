/**
 * A proxy to the database that cuts the connection at the worst moment: just before the database hears of a commit, or
 * just after, when its answer is on the way. It can also swallow all that follows. Not published.
 *
 * @module
 */

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Where the next commit is cut off. */
export type Cut = 'before the commit' | 'before its answer' | 'by silence'

/** A proxy in front of one database. */
export interface CuttingProxy {
  /** The database's URL, by way of the proxy. */
  url: string
  /** Cuts the next commit, and only that. */
  cutNext(where: Cut): void
}

/** Starts a proxy before the database at `url`; it ends with the test. */
export async function startCuttingProxy(url: string): Promise<CuttingProxy> {
  let cut: Cut | undefined
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(Number(port), hostname)
    let isAnswerCut = false
    let isSilent = false
    const end = () => {
      client.destroy()
      database.destroy()
    }
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', end).on('close', end)
    }
    client.on('data', (chunk) => {
      const found = chunk.includes('commit\0') ? cut : undefined
      if (found) cut = undefined
      if (found === 'before the commit') return end()
      isAnswerCut = found === 'before its answer'
      isSilent ||= found === 'by silence'
      if (!isSilent) database.write(chunk)
    })
    database.on('data', (chunk) => (isAnswerCut ? end() : client.write(chunk)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  const target = new URL(url)
  target.port = String(typeof address === 'object' ? address?.port : '')
  return {
    url: target.href,
    cutNext: (where) => {
      cut = where
    },
  }
}

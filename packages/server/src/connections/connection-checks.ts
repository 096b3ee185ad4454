/**
 * Has a server look for requests that take too long only while it has connections. Node's own server looks every so often
 * for ever, which took half of the processor time of an agent that nobody asks, and 60 of the 103 times a minute that it woke.
 *
 * @see docs/performance.md
 * @module
 */

import type { Server } from 'node:http'

/** The longest that a timer of Node waits. */
const FOR_EVER_MS = 2 ** 31 - 1

/** A server of Node, with an option of its own that it keeps, and reads again at each start of its checks. */
type CheckingServer = Server & { connectionsCheckingInterval: number }

/**
 * Its `connectionsCheckingInterval` holds from the first connection until there is none. To be called before it listens: Node starts the checks
 * by its own first listener of "listening". Where that is not found, Node checks all the time, as without this.
 */
export function checkWhileConnected(server: Server): void {
  const checking = server as CheckingServer
  const everyMs = checking.connectionsCheckingInterval
  const [startChecks] = server.listeners('listening')
  if (startChecks?.name !== 'setupConnectionsTracking') return
  let checks: NodeJS.Timeout | undefined
  const checkEvery = (milliseconds: number): void => {
    checking.connectionsCheckingInterval = milliseconds
    startChecks.call(server)
  }
  const rest = (): void => {
    clearInterval(checks)
    checks = undefined
  }
  checking.connectionsCheckingInterval = FOR_EVER_MS
  server.on('connection', () => {
    // One comparison for each connection: that there is none any more is found out by a timer.
    if (checks) return
    checkEvery(everyMs)
    checks = setInterval(() => {
      server.getConnections((_, count) => {
        if (count > 0 || !checks) return
        rest()
        if (server.listening) checkEvery(FOR_EVER_MS)
      })
    }, everyMs).unref()
  })
  server.on('close', rest)
}

/**
 * A measured process that does nothing but HTTP: `node:http` with an answer as long as one with a token.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServerAnswer, ServerQuestion } from './handshake-server.ts'
import { work } from './worker.ts'

const ANSWER = JSON.stringify({ access_token: `bench.${'a'.repeat(1400)}`, expires_in: '86400' })

const server = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length })
  response.end(ANSWER)
})

work<ServerQuestion, ServerAnswer>(
  async (question) => {
    if (question !== 'start') return (({ user, system }) => user + system)(process.cpuUsage())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  },
  async () => {
    server.close()
  },
)

/**
 * An agent in a process of its own, whose tokens never fail; options come as JSON in the only argument.
 *
 * @module
 */

import { AgentError, type AgentOptions, createAgent } from '@landfast/agent'
import { IDENTITY } from './fake-source.ts'

const options: Pick<AgentOptions, 'endpoints' | 'admin' | 'policy' | 'auditLog'> = JSON.parse(
  process.argv[2] ?? '',
)
const agent = createAgent({
  ...options,
  identity: IDENTITY,
  source: { getToken: async () => ({ accessToken: 'a-token', expiresInSeconds: 3600 }), close: () => {} },
})

process.on('SIGTERM', () => void agent.stop())
try {
  await agent.start()
  say({ pid: process.pid, urls: agent.locations.map(({ url }) => url) })
} catch (error) {
  if (!(error instanceof AgentError)) throw error
  say({ code: error.code, message: error.message, hint: error.hint })
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

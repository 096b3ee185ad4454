/**
 * Runs inside a network of its own: shows every kind of token to one resource server, and prints what it made of
 * each as JSON.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { APACHE_AUDIENCE, startApache } from './apache.ts'
import { RABBITMQ_AUDIENCE, RABBITMQ_ROLES, startRabbitmq } from './rabbitmq.ts'
import type { RunningServer } from './running-server.ts'
import { startTokenTrial, type TrialTokens } from './token-trial.ts'

const SERVERS = {
  rabbitmq: { audience: RABBITMQ_AUDIENCE, roles: RABBITMQ_ROLES, start: startRabbitmq, show: showRabbitmq },
  apache: { audience: APACHE_AUDIENCE, roles: [], start: startApache, show: showApache },
} as const

const [name, folder = ''] = process.argv.slice(2)
const server = SERVERS[name as keyof typeof SERVERS]
execFileSync('ip', ['link', 'set', 'lo', 'up'])
const trial = await startTokenTrial(folder, server)
const running = await server.start(folder, trial)
const seen: Record<string, unknown> = { principalId: trial.principalId }
for (const kind of Object.keys(trial.tokens) as (keyof TrialTokens)[]) {
  seen[kind] = await server.show(running, trial.tokens[kind])
}
seen.afterRotation = await server.show(running, await trial.tokenAfterRotation())
seen.goodAfterRotation = await server.show(running, trial.tokens.good)
process.stdout.write(`${JSON.stringify(seen)}\n`)
await running.stop()
await trial.stop()

/** Who the server says the caller is, and whether it may make a queue and use it. */
async function showRabbitmq({ url }: RunningServer, token: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const who = await fetch(`${url}/api/whoami`, { headers })
  const { name } = who.ok ? ((await who.json()) as { name?: string }) : {}
  const queue = await fetch(`${url}/api/queues/%2F/trial`, { method: 'PUT', headers, body: '{}' })
  return { status: who.status, name, queue: queue.status }
}

async function showApache({ url }: RunningServer, token: string): Promise<unknown> {
  const answer = await fetch(`${url}/index.html`, { headers: { Authorization: `Bearer ${token}` } })
  return { status: answer.status, name: (answer.ok && answer.headers.get('X-User')) || undefined }
}

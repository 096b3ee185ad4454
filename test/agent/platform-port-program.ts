/**
 * A program with a network and a `/var/opt` of its own: agents there whose keys stand in the platform's folder, and what
 * happens at the platform's port. It prints what it saw.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { createAgent } from '@landfast/agent'
import { ARC_PORT, parseChallenge } from '@landfast/protocol'
import { FakeSource, IDENTITY } from './fake-source.ts'

const OTHER_PORT = ARC_PORT + 1
const [otherFolder = '', target = ''] = process.argv.slice(2)

for (const command of ['ip link set lo up', 'mount -t tmpfs tmpfs /var/opt']) {
  const [program = '', ...rest] = command.split(' ')
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

const agent = agentWith({})
await agent.start()
const served: Record<string, number> = {}
for (const host of ['127.0.0.1', '::1']) {
  for (const port of [OTHER_PORT, ARC_PORT]) served[`${host} ${port}`] = await handshake({ host, port })
}
await agent.stop()
const refused: Record<string, string> = {}
for (const host of ['127.0.0.1', '::1']) {
  const holder = createServer().listen({ host, port: ARC_PORT, ipv6Only: true })
  await once(holder, 'listening')
  refused[host] = await outcomeOf({})
  refused[`${host} another folder`] = await outcomeOf({ keyFolder: otherFolder })
  refused[`${host} a private folder`] = await outcomeOf({ isFolderPrivate: true })
  holder.close()
  await once(holder, 'close')
}
process.stdout.write(`${JSON.stringify({ served, refused, again: await outcomeOf({}) })}\n`)
process.exit(0)

function agentWith(options: { keyFolder?: string; isFolderPrivate?: true }) {
  return createAgent({
    endpoints: [{ style: 'arc', port: OTHER_PORT, ...options }],
    identity: IDENTITY,
    source: new FakeSource(),
  })
}

async function handshake(where: { host: string; port: number }): Promise<number> {
  const { headers } = await ask(where)
  const key = readFileSync(parseChallenge(headers['www-authenticate'] ?? '') ?? '', 'latin1')
  return (await ask(where, { authorization: `Basic ${key}` })).statusCode ?? 0
}

async function ask(where: object, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const all = { host: 'localhost', metadata: 'true', ...headers }
  const sent = get({ ...where, path: target, headers: all, agent: false })
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response.resume()
}

async function outcomeOf(options: { keyFolder?: string; isFolderPrivate?: true }): Promise<string> {
  const started = agentWith(options)
  try {
    await started.start()
    await started.stop()
    return 'started'
  } catch (error) {
    return (error as { code: string }).code
  }
}

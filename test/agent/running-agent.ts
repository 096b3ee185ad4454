/**
 * An agent of this process, with everything that a test may want to look into.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, type AgentOptions, createAgent } from '@landfast/agent'
import { parseChallenge, STYLES } from '@landfast/protocol'
import { type Logger, pino } from 'pino'
import { onTestFinished } from 'vitest'
import { FakeClock } from './fake-clock.ts'
import { FakeSource, IDENTITY } from './fake-source.ts'
import { exchange, get, type RawAnswer, type Target, valuesOf } from './raw-http.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The secret of the App Service endpoint. */
export const SECRET = 'the-app-service-secret'

/** A request that is answered with a token, but for the key. */
export const TOKEN_TARGET = `${STYLES.arc.path}?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net`

/** The headers that go with it. */
export const TOKEN_HEADERS = ['Host: 127.0.0.1', 'Metadata: true'] as const

/** A running agent and what is around it. */
export interface RunningAgent {
  agent: Agent
  clock: FakeClock
  source: FakeSource
  keyFolder: string
  auditLog: string
  adminSocket: string
  /** Lines that were logged. */
  logged: string[]
  /** The Arc endpoint. */
  arc: Target
  /** The App Service endpoint. */
  appService: Target
  /** Parsed lines of the audit log so far. */
  audited(): Record<string, unknown>[]
}

/** What a test may want otherwise. */
export type Changes = Partial<Omit<AgentOptions, 'log' | 'clock' | 'identity'>>

/** Starts an agent with both styles on free ports; it stops with the test. */
export async function startAgent(changes: Changes = {}): Promise<RunningAgent> {
  const folder = temporaryFolder()
  const [clock, source] = [new FakeClock(), new FakeSource()]
  const keyFolder = join(folder, 'tokens')
  const auditLog = join(folder, 'audit.jsonl')
  const adminSocket = join(folder, 'agent.sock')
  const logged: string[] = []
  const agent = createAgent({
    endpoints: [
      { style: 'arc', port: 0, keyFolder },
      { style: 'app-service', secret: SECRET },
    ],
    identity: IDENTITY,
    source,
    auditLog,
    admin: { socket: adminSocket },
    log: logTo(logged),
    clock,
    ...changes,
  })
  onTestFinished(() => agent.stop())
  await agent.start()
  const [arc, appService] = ['arc', 'app-service'].map((style) => ({
    port: Number(new URL(agent.locations.find((one) => one.style === style)?.url ?? 'http://x').port),
  })) as [Target, Target]
  return {
    agent,
    clock,
    source,
    keyFolder,
    auditLog,
    adminSocket,
    logged,
    arc,
    appService,
    audited: () =>
      readFileSync(auditLog, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
  }
}

/** A log at the finest level that goes into `lines`. */
export function logTo(lines: string[]): Logger {
  return pino({ level: 'trace' }, { write: (line) => lines.push(line) })
}

/** The key that a 401 names, as a caller reads it that may. */
export function readKeyOf(answer: RawAnswer): string {
  const [challenge = ''] = valuesOf(answer, 'www-authenticate')
  return readFileSync(parseChallenge(challenge) ?? '', 'latin1')
}

/** The first half of the challenge: a new key. */
export async function takeKey(arc: Target): Promise<string> {
  return readKeyOf(await exchange(arc, get(TOKEN_TARGET, ...TOKEN_HEADERS)))
}

/** The second half: presents `key`. */
export function presentKey(arc: Target, key: string, target = TOKEN_TARGET): Promise<RawAnswer> {
  return exchange(arc, get(target, ...TOKEN_HEADERS, `Authorization: Basic ${key}`))
}

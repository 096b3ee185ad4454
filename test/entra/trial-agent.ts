/**
 * An agent of this process that is an application at the stand-in, with one clock for both.
 *
 * @module
 */

import { type EntraKey, openEntraApplication } from '@landfast/agent/entra'
import { FakeClock } from '../agent/fake-clock.ts'
import { exchange, get, valuesOf } from '../agent/raw-http.ts'
import { type Changes, type RunningAgent, SECRET, startAgent } from '../agent/running-agent.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type Entra, startEntra } from './server.ts'
import { APPLICATION, makeClientCertificate } from './trial-client.ts'

/** The clock of tests stands in 2027. */
const CERTIFICATE_LIFE = { notBefore: new Date('2026-01-01'), notAfter: new Date('2028-01-01') } as const

/** An answer to a program of the machine. */
export interface AgentAnswer {
  status: number
  body: Record<string, unknown>
  retryAfter: string | undefined
}

/** The agent, the stand-in, and what a test does with them. */
export interface EntraAgent extends Pick<RunningAgent, 'agent' | 'clock' | 'logged' | 'audited'> {
  entra: Entra
  /** The key by which it proves itself. */
  key: EntraKey
  /** Asks for a token in App Service style. */
  ask(resource: string): Promise<AgentAnswer>
}

/** A key with a certificate that is good by the clock of tests. */
export async function makeKey(): Promise<EntraKey> {
  const { pem, privateKey } = await makeClientCertificate(CERTIFICATE_LIFE)
  return { certificate: pem, privateKey: String(privateKey.export({ format: 'pem', type: 'pkcs8' })) }
}

/** What a test may want otherwise. */
export interface EntraAgentOptions {
  /** Seconds since the key was made; default: long ago. */
  keyAgeSeconds?: number
  /** A certificate that is to follow. */
  next?: EntraKey
}

/** Starts both; they stop with the test. */
export async function startEntraAgent({
  keyAgeSeconds = 86_400,
  next,
}: EntraAgentOptions = {}): Promise<EntraAgent> {
  const key = await makeKey()
  const late: { clock?: FakeClock } = {}
  const now = () => late.clock?.now() ?? Date.now()
  const entra = await startEntra({
    clock: now,
    application: APPLICATION,
    credentials: { certificates: [key.certificate] },
  })
  const { tenantId, clientId } = APPLICATION
  const registeredAt = new Date(new FakeClock().now() - keyAgeSeconds * 1000).toISOString()
  const application = openEntraApplication({
    folder: temporaryFolder(),
    registration: {
      ...{ cloud: 'public', authorityHost: entra.authorityHost, ca: entra.ca, tenantId, clientId },
      proof: {
        ...{ kind: 'certificate', registeredAt, ...key },
        ...(next && { next: { ...next, registeredAt } }),
      },
    },
    now,
  })
  const running = await startAgent({ ...application } as Changes)
  late.clock = running.clock
  return { ...running, entra, key, ask: (resource) => askAgent(running, resource) }
}

async function askAgent({ appService }: RunningAgent, resource: string): Promise<AgentAnswer> {
  const target = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`
  const answer = await exchange(appService, get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SECRET}`))
  const [retryAfter] = valuesOf(answer, 'retry-after')
  return { status: answer.status, body: JSON.parse(answer.body), retryAfter }
}

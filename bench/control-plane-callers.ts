/**
 * The process that asks a control plane: machines, each on one connection, with assertions signed before the clock
 * runs.
 *
 * @module
 */

import { constants, randomUUID, sign, X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { assertionClaims, clientCredentialsForm, ONBOARDING_PATH } from '@landfast/protocol'
import { exchange } from './exchange.ts'
import { quantile } from './statistics.ts'
import { work } from './worker.ts'

/** A machine that the server knows; key and certificate are PEM. */
export interface BenchMachine {
  tenantId: string
  clientId: string
  certificate: string
  privateKey: string
}

/** What is asked for, how often, and how. */
export interface ControlPlaneLoad {
  what: 'token' | 'document' | 'heartbeat'
  url: string
  ca: string
  machines: readonly BenchMachine[]
  /** Of all machines together. */
  requests: number
  connections: 'kept' | 'new' | 'resumed'
  /** The nonce of each machine's next heartbeat. */
  nonces?: readonly string[]
}

/** What came of it. */
export interface ControlPlaneLoadResult {
  requestsPerSecond: number
  p50Milliseconds: number
  p99Milliseconds: number
  /** Of the callers' process for one request. */
  callersMicroseconds: number
  /** For the next load of heartbeats. */
  nonces: readonly string[]
}

/** One request, ready to be sent; a heartbeat's body is finished with its nonce. */
interface Ready {
  path: string
  type?: string
  body?: string | ((nonce: string) => string)
}

/** A load at once, or prepared until the word to begin; so the loads of several processes begin together. */
export type CallersQuestion = ControlPlaneLoad | { prepare: ControlPlaneLoad } | 'begin'

/** Of a preparation there is nothing to tell. */
export type CallersAnswer = ControlPlaneLoadResult | undefined

let prepared: (() => Promise<ControlPlaneLoadResult>) | undefined

work<CallersQuestion, CallersAnswer>(async (question) => {
  if (question === 'begin') return await prepared?.()
  if (!('prepare' in question)) return await prepareLoad(question)()
  prepared = prepareLoad(question.prepare)
  return undefined
})

function prepareLoad(wanted: ControlPlaneLoad): () => Promise<ControlPlaneLoadResult> {
  const each = Math.ceil(wanted.requests / wanted.machines.length)
  const ready = wanted.machines.map((machine) => Array.from({ length: each }, () => prepare(wanted, machine)))
  return () => load(wanted, ready)
}

async function load(
  wanted: ControlPlaneLoad,
  ready: readonly (readonly Ready[])[],
): Promise<ControlPlaneLoadResult> {
  const agents = wanted.machines.map(() => agentFor(wanted))
  const nonces = [...(wanted.nonces ?? [])]
  const latencies: number[] = []
  const processor = process.cpuUsage()
  const began = performance.now()
  await Promise.all(
    ready.map(async (requests, index) => {
      for (const one of requests) {
        const sent = performance.now()
        const answer = await exchange(wanted, agents[index], bodyOf(one, nonces[index]))
        latencies.push(performance.now() - sent)
        if (typeof answer.nonce === 'string') nonces[index] = answer.nonce
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(processor)
  for (const agent of agents) agent?.destroy()
  return {
    requestsPerSecond: latencies.length / seconds,
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    callersMicroseconds: (user + system) / latencies.length,
    nonces,
  }
}

function agentFor({ ca, connections }: ControlPlaneLoad): Agent | undefined {
  if (connections === 'new') return undefined
  // Node's agent keeps the session of a connection that has ended, as the agent of a machine does.
  return new Agent({ ca, keepAlive: connections === 'kept', maxSockets: 1 })
}

function bodyOf(ready: Ready, nonce = ''): Ready & { body?: string } {
  const { body, ...rest } = ready
  return { ...rest, ...(body && { body: typeof body === 'string' ? body : body(nonce) }) }
}

function prepare({ what, url }: ControlPlaneLoad, machine: BenchMachine): Ready {
  const tenant = `/${machine.tenantId}`
  if (what === 'document') return { path: `${tenant}/v2.0/.well-known/openid-configuration` }
  if (what === 'heartbeat') {
    const assertion = signAssertion(machine, url + ONBOARDING_PATH.heartbeat)
    const body = (nonce: string) => JSON.stringify({ assertion, nonce, hostName: machine.clientId })
    return { path: ONBOARDING_PATH.heartbeat, type: 'application/json', body }
  }
  const path = `${tenant}/oauth2/v2.0/token`
  const assertion = signAssertion(machine, url + path)
  const form = clientCredentialsForm({
    clientId: machine.clientId,
    audience: 'https://bench.example',
    assertion,
  })
  return { path, type: 'application/x-www-form-urlencoded', body: new URLSearchParams(form).toString() }
}

function signAssertion(machine: BenchMachine, audience: string): string {
  const fingerprint = new X509Certificate(machine.certificate).fingerprint256.replaceAll(':', '')
  const header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': Buffer.from(fingerprint, 'hex').toString('base64url'),
  }
  const claims = assertionClaims({
    tokenEndpoint: audience,
    clientId: machine.clientId,
    jti: randomUUID(),
    nowSeconds: Math.floor(Date.now() / 1000),
  })
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), {
    key: machine.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  })
  return `${input}.${signature.toString('base64url')}`
}

/**
 * The process that stands for all machines of a registry: at a given rate, whatever the answers take, it sends their
 * heartbeats and asks for their tokens, each time of another machine.
 *
 * @module
 */

import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto'
import { Agent } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { assertionClaims, clientCredentialsForm, ONBOARDING_PATH } from '@landfast/protocol'
import { signJwt } from '@landfast/server'
import { certificateOf, clientOf, nonceOf } from '../packages/control-plane/src/testing/filled-registry.ts'
import { exchange } from './exchange.ts'
import { quantile } from './statistics.ts'
import { work } from './worker.ts'

/** What is sent, and how often. */
export interface GrowthLoad {
  url: string
  ca: string
  tenantId: string
  /** PKCS #8 in PEM; all machines have this key. */
  privateKey: string
  machines: number
  seconds: number
  heartbeatsPerSecond: number
  tokensPerSecond: number
}

/** What came of requests of one kind. */
export interface Paced {
  perSecond: number
  p50Milliseconds: number
  p99Milliseconds: number
  count: number
}

/** What came of all. */
export interface GrowthLoadResult {
  heartbeats: Paced | undefined
  tokens: Paced | undefined
  /** Of the callers' process. */
  microseconds: number
}

/** Each for some of the machines; how many a real one needs is measured elsewhere. */
const CONNECTIONS = 64

/** How often it is looked for what is due. */
const TICK_MILLISECONDS = 5

/** Primes, so that the next machine is far from this one and none comes twice before all have come. */
const STEP = { heartbeat: 7_368_787, token: 15_485_863 } as const

/** What the machines have been told by the answers before. */
const nonces = new Map<number, string>()
let heartbeatsBefore = 0

work<GrowthLoad, GrowthLoadResult>(load)

async function load(wanted: GrowthLoad): Promise<GrowthLoadResult> {
  const agent = new Agent({ ca: wanted.ca, keepAlive: true, maxSockets: CONNECTIONS })
  const key = createPrivateKey(wanted.privateKey)
  const before = process.cpuUsage()
  const first = heartbeatsBefore
  heartbeatsBefore += Math.round(wanted.heartbeatsPerSecond * wanted.seconds)
  const [heartbeats, tokens] = await Promise.all([
    pace(wanted.heartbeatsPerSecond, wanted.seconds, (at) => beat(wanted, { agent, key, at: first + at })),
    pace(wanted.tokensPerSecond, wanted.seconds, (at) => askToken(wanted, { agent, key, at })),
  ])
  agent.destroy()
  const { user, system } = process.cpuUsage(before)
  return { heartbeats, tokens, microseconds: user + system }
}

/** Sends when it is due, not when the one before was answered; the time to wait counts for the answer. */
async function pace(
  perSecond: number,
  seconds: number,
  send: (at: number) => Promise<void>,
): Promise<Paced | undefined> {
  const total = Math.round(perSecond * seconds)
  if (total === 0) return undefined
  const latencies: number[] = []
  const began = performance.now()
  const dueAt = (at: number) => began + (at * 1000) / perSecond
  const { promise: failure, reject } = Promise.withResolvers<never>()
  const answered = Promise.withResolvers<void>()
  const one = async (at: number) => {
    await send(at)
    latencies.push(performance.now() - dueAt(at))
    if (latencies.length === total) answered.resolve()
  }
  for (let sent = 0; sent < total; ) {
    while (sent < total && dueAt(sent) <= performance.now()) one(sent++).catch(reject)
    await Promise.race([setTimeout(TICK_MILLISECONDS), failure])
  }
  await Promise.race([answered.promise, failure])
  return {
    perSecond: total / ((performance.now() - began) / 1000),
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    count: total,
  }
}

interface Sender {
  agent: Agent
  key: KeyObject
  at: number
}

async function beat(wanted: GrowthLoad, { agent, key, at }: Sender): Promise<void> {
  const machine = (at * STEP.heartbeat) % wanted.machines
  const path = ONBOARDING_PATH.heartbeat
  const assertion = signAssertion(machine, wanted.url + path, key)
  const nonce = nonces.get(machine) ?? nonceOf(machine)
  const body = JSON.stringify({ assertion, nonce, hostName: `host${machine}` })
  const answer = await exchange(wanted, agent, { path, type: 'application/json', body })
  nonces.set(machine, String(answer.nonce))
}

async function askToken(wanted: GrowthLoad, { agent, key, at }: Sender): Promise<void> {
  const machine = (at * STEP.token) % wanted.machines
  const path = `/${wanted.tenantId}/oauth2/v2.0/token`
  const form = clientCredentialsForm({
    clientId: clientOf(machine),
    audience: 'https://bench.example',
    assertion: signAssertion(machine, wanted.url + path, key),
  })
  const body = new URLSearchParams(form).toString()
  await exchange(wanted, agent, { path, type: 'application/x-www-form-urlencoded', body })
}

function signAssertion(machine: number, audience: string, key: KeyObject): string {
  const claims = assertionClaims({
    tokenEndpoint: audience,
    clientId: clientOf(machine),
    jti: randomUUID(),
    nowSeconds: Math.floor(Date.now() / 1000),
  })
  return signJwt({ typ: 'JWT', 'x5t#S256': certificateOf(machine) }, claims, key)
}

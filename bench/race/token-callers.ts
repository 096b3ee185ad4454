/**
 * The process that asks for tokens: each client over a connection that is kept, with every request prepared before the clock
 * runs.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../statistics.ts'
import { work } from '../worker.ts'
import type { Caller } from './callers.ts'
import { connectTo, hasToken, prepareRequest, type TokenTarget } from './token-target.ts'

/** First to get so many requests ready, then to send them. */
export type TokenLoad = { prepare: TokenTarget; name: string; requests: number } | { run: string }

/** What came of sending them; nothing of getting them ready. */
export interface TokenLoadResult {
  tokens: number
  tokensPerSecond: number
  p50Milliseconds: number
  p99Milliseconds: number
  callersMicroseconds: number
}

const SETTLE_MS = 30

interface Prepared {
  target: TokenTarget
  callers: Caller[]
  requests: Buffer[][]
}

/** By the name of the contestant. */
const prepared = new Map<string, Prepared>()

work<TokenLoad, TokenLoadResult | undefined>(async (load) => {
  if ('run' in load) return run(load.run)
  await prepare(load)
  return undefined
})

async function prepare({ name, prepare: target, requests }: Extract<TokenLoad, { name: string }>) {
  const { clients } = target
  const each = Math.ceil(requests / clients.length)
  const ready = clients.map((client) => Array.from({ length: each }, () => prepareRequest(target, client)))
  // What was closed meanwhile is known only after a turn of the loop.
  await pause(SETTLE_MS)
  const former = prepared.get(name)?.callers ?? []
  const callers = await Promise.all(clients.map((_, index) => connected(target, former[index])))
  prepared.set(name, { target, requests: ready, callers })
}

/** The same connection, or a new one: servers close those that nobody used for a while, or that are old. */
async function connected(target: TokenTarget, former: Caller | undefined): Promise<Caller> {
  return former?.isConnected ? former : await connectTo(target)
}

async function run(name: string): Promise<TokenLoadResult> {
  const ready = prepared.get(name)
  if (!ready) throw new TypeError('a load is prepared before it is run')
  const { target, callers, requests } = ready
  const latencies: number[] = []
  const processor = process.cpuUsage()
  const began = performance.now()
  await Promise.all(
    requests.map(async (own, index) => {
      for (const request of own) {
        const sent = performance.now()
        const caller = await connected(target, callers[index])
        callers[index] = caller
        const answer = await caller.ask(request)
        latencies.push(performance.now() - sent)
        if (!hasToken(answer)) throw new Error(`it answered ${answer.status}: ${answer.body.slice(0, 400)}`)
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(processor)
  return {
    tokens: latencies.length,
    tokensPerSecond: latencies.length / seconds,
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    callersMicroseconds: (user + system) / latencies.length,
  }
}

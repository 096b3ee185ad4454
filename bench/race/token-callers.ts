/**
 * The process that asks for tokens: each client over a connection that is kept, with every request prepared before the clock
 * runs.
 *
 * @module
 */

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

interface Prepared {
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
  const former = prepared.get(name)?.callers ?? []
  const connect = async (index: number) => {
    const caller = former[index]
    return caller?.isConnected ? caller : connectTo(target)
  }
  prepared.set(name, {
    requests: clients.map((client) => Array.from({ length: each }, () => prepareRequest(target, client))),
    callers: await Promise.all(clients.map((_, index) => connect(index))),
  })
}

async function run(name: string): Promise<TokenLoadResult> {
  const { callers, requests } = prepared.get(name) ?? { callers: [], requests: [] }
  const latencies: number[] = []
  const processor = process.cpuUsage()
  const began = performance.now()
  await Promise.all(
    callers.map(async (caller, index) => {
      for (const request of requests[index] ?? []) {
        const sent = performance.now()
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

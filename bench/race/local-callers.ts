/**
 * The process that asks for local answers: callers that each get one after the other, over connections that are kept, or each
 * over a new one.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../statistics.ts'
import { work } from '../worker.ts'
import type { Caller } from './callers.ts'
import { connectLocally, getLocally, type LocalTarget } from './local-target.ts'

/** One load on one server. */
export interface LocalLoad {
  name: string
  target: LocalTarget
  callers: number
  connections: 'kept' | 'new'
  milliseconds: number
}

/** What came of it. */
export interface LocalLoadResult {
  answers: number
  answersPerSecond: number
  p50Microseconds: number
  p99Microseconds: number
}

/** What a server still does of a connection that was closed. */
const SETTLE_MS = 30

/** By the name of the contestant. */
const kept = new Map<string, Caller[]>()

work<LocalLoad, LocalLoadResult>(async (load) => {
  const callers = load.connections === 'kept' ? await keptCallers(load) : []
  const began = performance.now()
  const endAt = began + load.milliseconds
  stayAwakeUntil(endAt)
  const lanes = Array.from({ length: load.callers }, (_, lane) => ask(load, callers[lane], endAt))
  const latencies = (await Promise.all(lanes)).flat()
  const seconds = (performance.now() - began) / 1000
  await pause(SETTLE_MS)
  return {
    answers: latencies.length,
    answersPerSecond: latencies.length / seconds,
    p50Microseconds: quantile(latencies, 0.5),
    p99Microseconds: quantile(latencies, 0.99),
  }
})

async function keptCallers({ name, target, callers: count }: LocalLoad): Promise<Caller[]> {
  const former = kept.get(name) ?? []
  const callers = Array.from({ length: count }, async (_, index) => {
    const caller = former[index]
    return caller?.isConnected ? caller : connectLocally(target)
  })
  kept.set(name, await Promise.all(callers))
  return kept.get(name) ?? []
}

async function ask({ target }: LocalLoad, own: Caller | undefined, endAt: number): Promise<number[]> {
  const latencies: number[] = []
  do {
    const begun = performance.now()
    const caller = own ?? (await connectLocally(target))
    await getLocally(target, caller)
    latencies.push((performance.now() - begun) * 1000)
    if (!own) caller.disconnect()
  } while (performance.now() < endAt)
  return latencies
}

/** The loop polls its connections and never blocks: a processor that has to wake first would be measured as well. */
function stayAwakeUntil(endAt: number): void {
  if (performance.now() < endAt) setImmediate(stayAwakeUntil, endAt)
}

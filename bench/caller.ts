/**
 * The price of knowing the caller: agents that ask the kernel who is at the other end of a connection, without a
 * policy and with one, against the same agent to which the caller is a constant.
 *
 * @module
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OtherSockets } from './other-sockets.ts'
import type { Table } from './report.ts'
import { type Conditions, type Contender, compare, type Effort, type Standing } from './rounds.ts'
import { Worker } from './worker.ts'

const GOAL = '≤ 1.15'
const CALLERS = 8
const OTHER_SOCKETS = 10_000

/** The measured process has processor 1 for itself; who only holds sockets does nothing once it has them. */
const PROCESSOR = 0

/** Enough for 10,000 sockets. */
const DESCRIPTORS = 12_000

/** Where the servers keep what they write: memory, where there is some, since the disk is not what is measured here. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** What is measured, each without and with the other sockets. */
const CASES = [
  { title: 'Arc, connections kept', style: 'arc', connections: 'kept' },
  { title: 'VM, connections kept', style: 'vm', connections: 'kept' },
  { title: 'VM, a new connection for each token', style: 'vm', connections: 'new' },
] as const

/** Every case on the host as it is, then with 10,000 more sockets that another process holds. */
export async function measureCaller(effort: Effort): Promise<Table[]> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bench-policy-'))
  try {
    const contenders = contendersOf(writePolicy(folder))
    const tables = await measureCases(contenders, effort, '')
    const holder = new Worker<OtherSockets, number>('other-sockets.ts', {
      processor: PROCESSOR,
      descriptors: DESCRIPTORS,
    })
    try {
      const held = await holder.ask({ state: 'established', count: Math.ceil(OTHER_SOCKETS * effort.scale) })
      const beside = `, beside ${held.toLocaleString('en')} other sockets`
      return [...tables, ...(await measureCases(contenders, effort, beside))]
    } finally {
      await holder.stop()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function contendersOf(policy: string): Contender[] {
  return [
    { name: 'the caller is a constant, no policy', way: 'ring', caller: 'constant' },
    { name: 'the caller is found, no policy', way: 'ring' },
    { name: 'the caller is found, policy', way: 'ring', policy },
  ]
}

async function measureCases(
  contenders: readonly Contender[],
  effort: Effort,
  beside: string,
): Promise<Table[]> {
  const tables: Table[] = []
  for (const { title, style, connections } of CASES) {
    const conditions: Conditions = { folder: FOLDER, style, connections, callers: CALLERS, effort }
    const standings = await compare(contenders, conditions)
    tables.push({
      title: `${title}${beside}`,
      notes: [`Sockets in the kernel’s tables, once the callers and servers were gone: ${socketsNow()}.`],
      rows: standings.map((standing) => rowOf(standing, connections === 'kept')),
    })
  }
  return tables
}

/** A policy as a host of several services has one: nine rules that are for others, and the last for this user. */
function writePolicy(folder: string): string {
  const file = join(folder, 'policy.yaml')
  const others = Array.from({ length: 3 }, (_, place) => [
    { name: `program ${place}`, effect: 'allow', program: `/usr/bin/program-${place}`, identity: 'system' },
    { name: `unit ${place}`, effect: 'allow', unit: `service-${place}.service`, audience: 'https://*' },
    { name: `group ${place}`, effect: 'deny', group: `group-${place}`, container: 'any' },
  ]).flat()
  const own = { name: 'this user', effect: 'allow', user: String(process.getuid?.()), style: ['arc', 'vm'] }
  writeFileSync(file, JSON.stringify({ rules: [...others, own] }))
  return file
}

function socketsNow(): number {
  return ['tcp', 'tcp6']
    .map((table) => readFileSync(`/proc/net/${table}`, 'latin1').trim().split('\n').length - 1)
    .reduce((sum, rows) => sum + rows)
}

function rowOf(standing: Standing, withGoal: boolean): Table['rows'][number] {
  return {
    server: standing.name,
    'tokens/s': standing.handshakesPerSecond,
    ratio: standing.rateRatio,
    'p50 µs': standing.p50Microseconds,
    'p99 µs': standing.p99Microseconds,
    'p99 ratio': standing.p99Ratio,
    'processor µs/token': standing.processorMicroseconds,
    'processor used': standing.processorShare,
    'processor ratio': standing.processorRatio,
    ...(withGoal && { goal: GOAL }),
  }
}

/**
 * Complete handshakes, the agent with everything on against the same agent that writes no key file.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { KEY_WAYS, type KeyWay } from './key-ways.ts'
import { fileSystemOf } from './machine.ts'
import type { Table } from './report.ts'
import { type Contender, compare, type Effort, type Standing } from './rounds.ts'

const GOAL_RATE = '≥ 0.95 (0.90 at least)'
const GOAL_P99 = '≤ 1.25'
const CALLERS = [1, 8]
const MEMORY_FOLDER = '/dev/shm'

const HANDSHAKE = { style: 'arc', connections: 'kept' } as const

/** With 1 and with 8 callers, on the disk and in memory. */
export async function measureHandshakes(effort: Effort): Promise<Table[]> {
  const tables: Table[] = []
  for (const folder of foldersToMeasure()) {
    for (const callers of CALLERS) {
      const standings = await compare([contender('none'), contender('ring')], {
        ...HANDSHAKE,
        folder,
        callers,
        effort,
      })
      tables.push({
        title: `Handshakes, ${callers === 1 ? '1 caller' : `${callers} callers`}, key files on ${fileSystemOf(folder)}`,
        rows: standings.map((standing) => rowOf(standing, callers === 8)),
      })
    }
  }
  return tables
}

/** Every way of making key files against none, with 8 callers. */
export async function measureKeyFiles(effort: Effort): Promise<Table[]> {
  const tables: Table[] = []
  for (const folder of foldersToMeasure()) {
    const ways = Object.keys(KEY_WAYS) as KeyWay[]
    const standings = await compare(ways.map(contender), { ...HANDSHAKE, folder, callers: 8, effort })
    tables.push({
      title: `Ways of making key files, 8 callers, ${fileSystemOf(folder)}`,
      rows: standings.map((standing) => rowOf(standing, false)),
    })
  }
  return tables
}

function contender(way: KeyWay): Contender {
  return { name: KEY_WAYS[way], way }
}

function foldersToMeasure(): string[] {
  const inMemory = existsSync(MEMORY_FOLDER) && fileSystemOf(tmpdir()) !== 'tmpfs'
  return inMemory ? [tmpdir(), MEMORY_FOLDER] : [tmpdir()]
}

function rowOf(standing: Standing, withGoals: boolean): Table['rows'][number] {
  return {
    server: standing.name,
    'handshakes/s': standing.handshakesPerSecond,
    ratio: standing.rateRatio,
    ...(withGoals && { goal: GOAL_RATE }),
    'p50 µs': standing.p50Microseconds,
    'p99 µs': standing.p99Microseconds,
    'p99 ratio': standing.p99Ratio,
    ...(withGoals && { 'p99 goal': GOAL_P99 }),
    'processor µs/handshake': standing.processorMicroseconds,
    'processor used': standing.processorShare,
    'processor ratio': standing.processorRatio,
  }
}

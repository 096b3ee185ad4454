/**
 * Durable registrations beside what the disk gives: how often a second a page is written and synced, a row of the
 * storage, and a whole registration.
 *
 * @module
 */

import type { RegistrationLoad } from './registration-worker.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

const PROCESSOR = 1

/** As many as share commits when machines are enrolled by a tool. */
const AT_ONCE = 32

/** What is measured; the first is what the others are compared with. */
const ROWS: readonly (RegistrationLoad & { title: string; goal?: string })[] = [
  { title: 'a page of 4 KiB, written and synced', what: 'sync', count: 300, lanes: 1 },
  { title: 'a row of the storage, one after the other', what: 'row', count: 300, lanes: 1 },
  {
    title: `a row of the storage, ${AT_ONCE} at once`,
    what: 'row',
    count: 1600,
    lanes: AT_ONCE,
    goal: '≥ 0.80',
  },
  { title: 'a certificate, without the disk', what: 'certificate', count: 100, lanes: 1 },
  { title: 'a whole registration, one after the other', what: 'registration', count: 100, lanes: 1 },
  { title: `a whole registration, ${AT_ONCE} at once`, what: 'registration', count: 160, lanes: AT_ONCE },
]

/** Registrations on SQLite, in a folder of `parent`. */
export async function measureRegistrations(
  parent: string,
  { rounds, scale }: Pick<Effort, 'rounds' | 'scale'>,
): Promise<Table> {
  const worker = new Worker<RegistrationLoad, number>('registration-worker.ts', {
    processor: PROCESSOR,
    args: [parent],
  })
  const rates = ROWS.map(() => [] as number[])
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, load] of ROWS.entries()) {
        const rate = await worker.ask({ ...load, count: Math.ceil(load.count * scale) })
        // The first round warms up.
        if (round > 0) rates[index]?.push(rate)
      }
    }
  } finally {
    await worker.stop()
  }
  return {
    title: 'Durable registrations, SQLite',
    rows: ROWS.map((row, index) => tableRow(row, rates, index)),
    notes: [
      'The page is appended, so that its file grows; SQLite writes into a log that has its size already.',
    ],
  }
}

function tableRow(
  { title, goal = '' }: (typeof ROWS)[number],
  rates: readonly (readonly number[])[],
  index: number,
): Table['rows'][number] {
  const [bare = [], own = []] = [rates[0], rates[index]]
  return {
    what: title,
    'a second': spreadOf(own),
    'µs each': spreadOf(own.map((rate) => 1_000_000 / rate)),
    'ratio to the disk': spreadOf(own.map((rate, round) => rate / (bare[round] ?? rate))),
    goal,
  }
}

/**
 * Measures one part after the other. One that fails takes nothing from the figures of the others.
 *
 * @module
 */

import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'

/** What measures one part. */
export type MeasurePart = (effort: Effort) => Promise<Table[]>

/** What came of the parts. */
export interface Measured {
  tables: Table[]
  /** What the parts that failed said, the last words of their processes among it. */
  failures: { part: string; message: string }[]
}

/** Measures `parts` by their names. What `isFinal` is true of is thrown: no other part could be measured either. */
export async function measureParts(
  parts: ReadonlyMap<string, MeasurePart>,
  effort: Effort,
  { say, isFinal }: { say: (line: string) => void; isFinal: (error: unknown) => boolean },
): Promise<Measured> {
  const measured: Measured = { tables: [], failures: [] }
  for (const [part, measure] of parts) {
    say(`${part} …`)
    try {
      measured.tables.push(...(await measure(effort)))
    } catch (error) {
      if (isFinal(error)) throw error
      const message = error instanceof Error ? error.message : String(error)
      say(`${part} failed: ${message}`)
      measured.failures.push({ part, message })
    }
  }
  return measured
}

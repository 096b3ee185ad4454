/**
 * The plans by which a database runs the statements of a piece of the program. Not published.
 *
 * @module
 */

import { CompiledQuery, type KyselyPlugin } from 'kysely'
import type { Storage } from '../storage/storage.ts'

/** The plan of each statement that `ask` sends, as the database tells it, an empty line after each. */
export async function queryPlans(
  storage: Storage,
  ask: (storage: Storage) => Promise<unknown>,
): Promise<string[]> {
  const seen: CompiledQuery[] = []
  await ask(recording(storage, seen))
  const lines: string[] = []
  for (const query of seen) lines.push(...(await explain(storage, query)), '')
  return lines
}

/** The same storage, which keeps in `seen` what it was asked. */
function recording(storage: Storage, seen: CompiledQuery[]): Storage {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      seen.push(storage.db.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const append: Storage['append'] = (work) => storage.append((trx) => work(trx.withPlugin(plugin)))
  return { ...storage, db: storage.db.withPlugin(plugin), append }
}

async function explain({ db, locksRows: isPostgres }: Storage, query: CompiledQuery): Promise<string[]> {
  const text = `${isPostgres ? 'explain (costs off)' : 'explain query plan'} ${query.sql}`
  const { rows } = await db.executeQuery<Record<string, string>>(
    CompiledQuery.raw(text, [...query.parameters]),
  )
  const isIdle = (line: string) => /^\s*(Index Cond|Filter|Hash Cond|Recheck Cond|Join Filter):/.test(line)
  return rows
    .map((row) => row['QUERY PLAN'] ?? row.detail ?? '')
    .filter((line) => !isIdle(line))
    .map((line) => (line.length > 140 ? `${line.slice(0, 140)} …` : line))
}

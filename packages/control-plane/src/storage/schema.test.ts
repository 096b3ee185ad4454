import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { migrate } from './migrations.ts'

/** The columns that the types state, each "name type" or "name type null". */
type Tables = Record<string, string[]>

const SOURCE = readFileSync(new URL('./schema.ts', import.meta.url), 'utf8')

const COLUMN = /^ {2}(\w+): (.+)$/gm

/** What each interface or alias states, those that it extends before its own. */
function columnsOf(type: string): string[] {
  const [, alias] = new RegExp(`^type ${type} = (\\w+)$`, 'm').exec(SOURCE) ?? []
  if (alias) return columnsOf(alias)
  const [, base, body = ''] =
    new RegExp(`^interface ${type}(?: extends (\\w+))? \\{\\n(.*?)^\\}`, 'ms').exec(SOURCE) ?? []
  const own = Array.from(body.matchAll(COLUMN), ([, name, stated = '']) => {
    const kind = stated.startsWith('number') ? 'bigint' : 'text'
    return `${name} ${kind}${stated.endsWith('| null') ? ' null' : ''}`
  })
  return [...(base ? columnsOf(base) : []), ...own]
}

function statedTables(): Tables {
  const [, body = ''] = /^export interface Schema \{\n(.*?)^\}/ms.exec(SOURCE) ?? []
  return Object.fromEntries(
    Array.from(body.matchAll(COLUMN), ([, name = '', type = '']) => [name, columnsOf(type).sort()]),
  )
}

test('the types state the tables that the steps make, column by column', async () => {
  const storage = await openTrialStorage()
  await migrate(storage, new Date())
  const made: Tables = {}
  for (const table of Object.keys(statedTables())) {
    const { rows } = await sql<{ name: string; type: string; notnull: number; pk: number }>`
      select * from pragma_table_info(${table})`.execute(storage.db)
    const columns = rows.map(
      ({ name, type, notnull, pk }) =>
        `${name} ${type.toLowerCase()}${notnull === 1 || pk > 0 ? '' : ' null'}`,
    )
    made[table] = columns.sort()
  }
  expect(made).toEqual(statedTables())
  const { rows: all } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and name not like 'migration%'`.execute(storage.db)
  expect(all.map(({ name }) => name).sort()).toEqual(Object.keys(statedTables()).sort())
})

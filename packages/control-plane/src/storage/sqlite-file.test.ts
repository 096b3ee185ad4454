import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../testing/trial.ts'
import { migrate } from './migrations.ts'
import { openSqlite } from './sqlite.ts'
import { LOG_MAX_PAGES } from './sqlite-file.ts'

/** A row that fills a page of its own. */
const LONG = 'x'.repeat(4_000)

async function open() {
  const file = join(await temporaryFolder(), 'landfast.db')
  const storage = openSqlite(file)
  onTestFinished(() => storage.close())
  await migrate(storage, new Date())
  let number = 0
  /** More than the log keeps to itself. */
  const writeMuch = async () => {
    const rows = Array.from({ length: LOG_MAX_PAGES + 10 }, () => ({
      digest: `${number++} ${LONG}`,
      expires_at: 1,
    }))
    await storage.change((trx) => trx.insertInto('assertion').values(rows).execute())
  }
  const hold = () => storage.holdFile?.() ?? Promise.reject(new Error('it cannot be held'))
  // Reading it here costs SQLite its lock, which no other process wants in this test; a backup is made by another process.
  const state = () => createHash('sha256').update(readFileSync(file)).digest('hex')
  return { storage, writeMuch, hold, state }
}

test('a file that is held stays as it is whatever is written, and holds all that was written before', async () => {
  const { writeMuch, hold, state, storage } = await open()
  await writeMuch()
  const held = await hold()
  const before = state()
  await writeMuch()
  expect(state()).toBe(before)
  expect(held.release()).toBe(true)
  await writeMuch()
  expect(state()).not.toBe(before)
  const { count } = await storage.db
    .selectFrom('assertion')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  expect(count).toBe(3 * (LOG_MAX_PAGES + 10))
})

test('the file is held until the last of its holders lets go', async () => {
  const { writeMuch, hold, state } = await open()
  const [first, second] = [await hold(), await hold()]
  expect(first.release()).toBe(true)
  const before = state()
  await writeMuch()
  expect(state()).toBe(before)
  expect(second.release()).toBe(true)
})

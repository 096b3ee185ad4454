/** The tests of `orders.ts`, for `node --test` under `landfast run --with azurite,key-vault`. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseUrl, keepReport, readReport } from './orders.ts'

test('the database is reached with the password in the key vault', async () => {
  assert.equal(await databaseUrl('db'), 'postgres://orders:correct%20horse@db/orders')
})

test('a report is read as it was kept', async () => {
  const name = await keepReport('november', ['one', 'two'])
  assert.deepEqual(await readReport(name), ['one', 'two'])
})

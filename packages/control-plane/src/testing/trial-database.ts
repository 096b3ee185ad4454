/**
 * The database of one test, on either of the two. Not published.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { onTestFinished, TestRunner } from 'vitest'
import { query, whyNoPostgres } from './postgres.ts'
import { sharedServerUrl } from './run/postgres-run.ts'

/** Every database that a control plane can keep its state in; `describe.each(DATABASES)('on %s', …)`. */
export const DATABASES = ['sqlite', 'postgres'] as const

/** One of them. */
export type TrialDatabase = (typeof DATABASES)[number]

/** Which one a test uses that does not care: LANDFAST_TEST_DATABASE=postgres runs every test on PostgreSQL. */
const DEFAULT: TrialDatabase = process.env.LANDFAST_TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite'

/**
 * The URL of an empty PostgreSQL database that is gone after the test, or undefined for SQLite. Where there is no
 * PostgreSQL the running test is skipped and says so.
 */
export async function trialDatabaseUrl(database: TrialDatabase = DEFAULT): Promise<string | undefined> {
  if (database === 'sqlite') return undefined
  skipWithoutPostgres()
  const server = await sharedServerUrl()
  const name = `test_${randomBytes(8).toString('hex')}`
  await query(server, `create database ${name}`)
  onTestFinished(async () => {
    await query(server, `drop database ${name} with (force)`)
  })
  return new URL(`/${name}`, server).href
}

/** Skips the running test where there is no PostgreSQL. */
export function skipWithoutPostgres(): void {
  const reason = whyNoPostgres()
  if (reason !== undefined) TestRunner.getCurrentTest()?.context.skip(reason)
}

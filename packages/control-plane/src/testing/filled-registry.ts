/**
 * Fills a database with machines by statements that both databases understand: as many rows as registrations would
 * leave, made by the database itself. Not published.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

/** What the machines lie in. */
export const SUBSCRIPTION = 'subscription'

/** As many to a group as Azure's own limit for one type of resource. */
const MACHINES_PER_GROUP = 800

/** When the oldest of them sent its last heartbeat, in milliseconds since 1970; each later one a millisecond later. */
export const FIRST_HEARTBEAT = 1_900_000_000_000

/** One key for all; the database does not mind. */
const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  format: 'pem',
  type: 'spki',
})

/** As long as a certificate in PEM. */
const CERTIFICATE = 'c'.repeat(850)

/** `i` in another order, so that neighbours in one index are none in the next, as with random ids. */
const SCATTERED = sql`(10000000000 + (i * 2654435761) % 4294967296)`

/** The id of the machine that was made as number `i`. */
export function principalOf(i: number): string {
  return `p${10_000_000_000n + ((BigInt(i) * 2_654_435_761n) % 4_294_967_296n)}`
}

/** The resource key of the machine that was made as number `i`. */
export function resourceKeyOf(i: number): string {
  return `/subscriptions/${SUBSCRIPTION}/resourcegroups/g${10_000 + Math.trunc(i / MACHINES_PER_GROUP)}/providers/microsoft.hybridcompute/machines/m${10_000_000 + i}`
}

/** Makes `count` machines in empty tables, all of them Connected, and has the database look at what it holds. */
export async function fillRegistry(storage: Storage, count: number): Promise<void> {
  const { db, locksRows: isPostgres } = storage
  // Rows come in an order that no small cache likes.
  if (!isPostgres) await sql`pragma cache_size = -1000000`.execute(db)
  await storage.migrate((trx) => insertMachines(trx, count))
  if (!isPostgres) await sql`pragma cache_size = -2000`.execute(db)
  await sql.raw(isPostgres ? 'vacuum analyze' : 'analyze').execute(db)
}

async function insertMachines(db: Kysely<Schema>, count: number): Promise<void> {
  const numbers = sql`with recursive numbers (i) as (
    select cast(0 as bigint) union all select i + 1 from numbers where i < ${sql.lit(count - 1)})`
  const group = sql`(10000 + i / ${sql.lit(MACHINES_PER_GROUP)})`
  const groupKey = sql`('/subscriptions/${sql.raw(SUBSCRIPTION)}/resourcegroups/g' || ${group})`
  const key = sql`(${groupKey} || '/providers/microsoft.hybridcompute/machines/m' || (10000000 + i))`
  const principal = sql`('p' || ${SCATTERED})`
  await sql`insert into tenant values ('t', 0)`.execute(db)
  await sql`insert into subscription values (${SUBSCRIPTION}, 't', 's', 0)`.execute(db)
  await sql`${sql.raw('insert into resource_group')} ${numbers}
    select distinct ${groupKey}, ${groupKey}, ${sql.lit(SUBSCRIPTION)}, 'g' || ${group}, 'local', '{}', 1, 0, 0 from numbers`.execute(
    db,
  )
  await sql`insert into principal ${numbers}
    select ${principal}, 'c' || ${SCATTERED}, 't', 'machine', 'm' || i, ${key}, 'enabled', 0, 0 from numbers`.execute(
    db,
  )
  await sql`insert into machine ${numbers}
    select ${key}, ${key}, ${principal}, ${groupKey}, ${sql.lit(SUBSCRIPTION)}, 'g' || ${group}, 'm' || i, 'local',
      '{"role":"web"}', '{}', 'v' || ${SCATTERED}, 1, 0, 0 from numbers`.execute(db)
  await sql`insert into machine_key ${numbers}
    select 'k' || ${SCATTERED}, ${principal}, ${sql.lit(String(PUBLIC_KEY))}, ${sql.lit(CERTIFICATE)}, 'x' || ${SCATTERED},
      'y' || ${SCATTERED}, ${sql.lit(FIRST_HEARTBEAT)} + i * 1000, 'current', 0, null from numbers`.execute(
    db,
  )
  await sql`insert into presence ${numbers}
    select ${principal}, 'Connected', 0, ${sql.lit(FIRST_HEARTBEAT)} + i, 'n' || ${SCATTERED}, null, 'host' || i
    from numbers`.execute(db)
}

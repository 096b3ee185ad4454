/**
 * Fills a database with machines by statements that both databases understand: as many rows as registrations would
 * leave, made by the database itself. Not published.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

/** What the machines lie in, unless another place is named. */
export const SUBSCRIPTION = 'subscription'
const TENANT = 't'

/** As many to a group as Azure's own limit for one type of resource. */
const MACHINES_PER_GROUP = 800

/** When the oldest of them sent its last heartbeat, in milliseconds since 1970; each later one a millisecond later. */
export const FIRST_HEARTBEAT = 1_900_000_000_000

/** As long as a certificate in PEM. */
const CERTIFICATE = 'c'.repeat(850)

/** `i` in another order, so that neighbours in one index are none in the next, as with random ids. */
const SCATTERED = sql`cast((10000000000 + (i * 2654435761) % 4294967296) as text)`

function scattered(i: number): string {
  return String(10_000_000_000n + ((BigInt(i) * 2_654_435_761n) % 4_294_967_296n))
}

/** The ends of the GUIDs of a machine, by which they differ. */
const GUID_END = { principal: 'aa', client: 'cc', vm: 'ee' } as const

function guidSql(kind: keyof typeof GUID_END) {
  const end = sql.lit(`0-4000-8000-0000000000${GUID_END[kind]}`)
  return sql`(substr(${SCATTERED}, 1, 8) || '-' || substr(${SCATTERED}, 9, 3) || ${end})`
}

function guidOf(i: number, kind: keyof typeof GUID_END): string {
  const digits = scattered(i)
  return `${digits.slice(0, 8)}-${digits.slice(8)}0-4000-8000-0000000000${GUID_END[kind]}`
}

/** What stands behind a letter and the number in a text that is random in earnest, so that it is as long. */
const FILL = { sha256: '_'.repeat(31), sha1: '_'.repeat(15), nonce: '_'.repeat(20) } as const

const randomSql = (letter: string, kind: keyof typeof FILL) =>
  sql`(${sql.lit(letter)} || ${SCATTERED} || ${sql.lit(FILL[kind])})`

/** The object id of the machine that was made as number `i`. */
export function principalOf(i: number): string {
  return guidOf(i, 'principal')
}

/** Its client id. */
export function clientOf(i: number): string {
  return guidOf(i, 'client')
}

/** `x5t#S256` of its certificate. */
export function certificateOf(i: number): string {
  return `x${scattered(i)}${FILL.sha256}`
}

/** What its next heartbeat must bring. */
export function nonceOf(i: number): string {
  return `n${scattered(i)}${FILL.nonce}`
}

/** The resource key of the machine that was made as number `i`. */
export function resourceKeyOf(i: number, subscriptionId: string = SUBSCRIPTION): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/g${10_000 + Math.trunc(i / MACHINES_PER_GROUP)}/providers/microsoft.hybridcompute/machines/m${10_000_000 + i}`
}

/** How machines are made, where they are to be asked for. */
export interface Filling {
  /** The tenant that is there already, and its subscription. Default: both are made. */
  place: { tenantId: string; subscriptionId: string }
  /** The key of all of them. */
  publicKey: KeyObject
  /** When the oldest sent its last heartbeat, and within how many milliseconds all others did. */
  heartbeats: { first: number; within: number }
}

/**
 * Makes `count` machines in tables without any, all of them Connected, and has the database look at what it holds. They
 * have one key, in another text for each, since who reads a key remembers it by its text.
 */
export async function fillRegistry(
  storage: Storage,
  count: number,
  filling: Partial<Filling> = {},
): Promise<void> {
  const { db, locksRows: isPostgres } = storage
  // Rows come in an order that no small cache likes.
  if (!isPostgres) await sql`pragma cache_size = -1000000`.execute(db)
  await storage.migrate(async (trx) => {
    if (!filling.place) await insertPlace(trx)
    await insertMachines(trx, count, filling)
  })
  if (!isPostgres) await sql`pragma cache_size = -2000`.execute(db)
  await sql.raw(isPostgres ? 'vacuum analyze' : 'analyze').execute(db)
}

async function insertPlace(db: Kysely<Schema>): Promise<void> {
  await sql`insert into tenant values (${TENANT}, 0)`.execute(db)
  await sql`insert into subscription values (${SUBSCRIPTION}, ${TENANT}, 's', 0)`.execute(db)
}

async function insertMachines(db: Kysely<Schema>, count: number, filling: Partial<Filling>): Promise<void> {
  const { tenantId, subscriptionId } = filling.place ?? { tenantId: TENANT, subscriptionId: SUBSCRIPTION }
  const { first, within } = filling.heartbeats ?? { first: FIRST_HEARTBEAT, within: count }
  const [tenant, subscription] = [sql.lit(tenantId), sql.lit(subscriptionId)]
  const numbers = sql`with recursive numbers (i) as (
    select cast(0 as bigint) union all select i + 1 from numbers where i < ${sql.lit(count - 1)})`
  const group = sql`(10000 + i / ${sql.lit(MACHINES_PER_GROUP)})`
  const groupKey = sql`('/subscriptions/' || ${subscription} || '/resourcegroups/g' || ${group})`
  const name = sql`('m' || (10000000 + i))`
  const key = sql`(${groupKey} || '/providers/microsoft.hybridcompute/machines/' || ${name})`
  const principal = guidSql('principal')
  const host = sql`('host' || i)`
  await sql`${sql.raw('insert into resource_group')} ${numbers}
    select distinct ${groupKey}, ${groupKey}, ${subscription}, 'g' || ${group}, 'local', '{}', 1, 0, 0 from numbers`.execute(
    db,
  )
  await sql`insert into principal ${numbers}
    select ${principal}, ${guidSql('client')}, ${tenant}, 'machine', ${name}, ${key}, 'enabled', 0, 0 from numbers`.execute(
    db,
  )
  await sql`insert into machine ${numbers}
    select ${key}, ${key}, ${principal}, ${groupKey}, ${subscription}, 'g' || ${group}, ${name}, 'local',
      '{"role":"web"}', '{}', ${guidSql('vm')}, 1, 0, 0 from numbers`.execute(db)
  await sql`insert into machine_key ${numbers}
    select ${randomSql('k', 'sha256')}, ${principal}, ${keyText(filling.publicKey)}, ${sql.lit(CERTIFICATE)},
      ${randomSql('x', 'sha256')}, ${randomSql('y', 'sha1')}, ${sql.lit(FIRST_HEARTBEAT)} + i * 1000, 'current', 0, null
    from numbers`.execute(db)
  await sql`insert into presence ${numbers}
    select ${principal}, 'Connected', 0, ${sql.lit(first)} + i * ${sql.lit(within)} / ${sql.lit(count)}, ${randomSql('n', 'nonce')}, null, ${host}
    from numbers`.execute(db)
}

/** Readers skip what stands before a key in PEM (RFC 7468, section 2). */
function keyText(
  publicKey: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
): RawBuilder<string> {
  const pem = String(publicKey.export({ format: 'pem', type: 'spki' }))
  return sql`('machine ' || i || ${sql.lit(`\n${pem}`)})`
}

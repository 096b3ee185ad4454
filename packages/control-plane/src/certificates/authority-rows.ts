/**
 * Which of the authorities in the database signs, and which are to be trusted.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** One authority; its key is sealed. */
export type AuthorityRow = Schema['certificate_authority']

/** The first has a name, so that its row can be made only once; the others have random ones. */
export const FIRST_AUTHORITY = 'landfast'

/** Every authority, the oldest first. */
export function readAuthorities(db: Kysely<Schema>): Promise<AuthorityRow[]> {
  return db.selectFrom('certificate_authority').selectAll().orderBy('created_at').orderBy('id').execute()
}

/** Where the key of the authority with this id is sealed. */
export function placeOf(id: string): string {
  return `certificate_authority/${id}`
}

/** Since when it signs; undefined for one that waits for the word. */
function servesFrom({ id, serves_from, created_at }: AuthorityRow): number | undefined {
  return serves_from ?? (id === FIRST_AUTHORITY ? created_at : undefined)
}

/** The one that was last told to sign. @throws {Error} if there is none. */
export function servingAuthority(rows: readonly AuthorityRow[]): AuthorityRow {
  const [serving] = rows
    .filter((row) => servesFrom(row) !== undefined && row.retired_at === null)
    .toSorted((one, other) => (servesFrom(other) ?? 0) - (servesFrom(one) ?? 0))
  if (!serving) throw new Error('there is no certificate authority that signs')
  return serving
}

/** The one that waits for the word to sign. */
export function waitingAuthority(rows: readonly AuthorityRow[]): AuthorityRow | undefined {
  return rows.find((row) => servesFrom(row) === undefined && row.retired_at === null)
}

/** The certificates of all that were not retired, the one that signs first. */
export function trustedAuthorities(rows: readonly AuthorityRow[], serving: AuthorityRow): string[] {
  const others = rows.filter((row) => row.id !== serving.id && row.retired_at === null)
  return [serving, ...others].map(({ certificate }) => certificate)
}

/** Whether there ever was more than one, so that a client may know another. */
export function isKnownByOthers(rows: readonly AuthorityRow[]): boolean {
  return rows.length > 1
}

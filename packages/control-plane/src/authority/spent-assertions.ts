/**
 * Spent assertions: each may be used once, at any replica. A row is kept for as long as its assertion could be
 * presented again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 * @module
 */

import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'

/** An assertion that may be used only once. */
export interface SpentAssertion {
  clientId: string
  jti: string
  /** From then on it could not be presented again. */
  expiresAt: Date
}

/** Spends each of `assertions`; resolves to whether it was fresh. Of two that are the same, only the first is. */
export async function spendAssertions(
  trx: Transaction<Schema>,
  assertions: readonly SpentAssertion[],
): Promise<boolean[]> {
  if (assertions.length === 0) return []
  const rows = assertions.map(spentRow)
  // In one order everywhere, so that two that wait for each other's rows never wait in a circle.
  const inserted = await insertFresh(trx, { rows: rows.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)) })
  const fresh = new Set(inserted.map(({ digest }) => digest))
  return rows.map(({ digest }) => fresh.delete(digest))
}

/** The row of a spent assertion. */
export function spentRow(assertion: SpentAssertion): Schema['assertion'] {
  return { digest: digestOf(assertion), expires_at: assertion.expiresAt.getTime() }
}

const insertFresh = prepareStatement((db, { rows }: { rows: readonly Schema['assertion'][] }) =>
  db
    .insertInto('assertion')
    .values(rows)
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest'),
)

/** A digest takes the same room however long the `jti` is; the zero byte keeps the two parts apart. */
function digestOf({ clientId, jti }: SpentAssertion): string {
  return createHash('sha256').update(`${clientId}\0${jti}`).digest('base64url')
}

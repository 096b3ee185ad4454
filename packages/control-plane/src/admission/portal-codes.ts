/**
 * The codes by which a principal that has an access token signs in to the portal: `landfast portal` asks for one and gives it to
 * the browser. All replicas share them; of each only a digest is kept.
 *
 * @see docs/portal.md#signing-in
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { secretHash } from '../registry/client-secrets.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

const CODE_BYTES = 32

/** As long as a browser takes to open. */
const CODE_MILLISECONDS = 60_000

/** So far the clock of the replica that is shown a code may be ahead of the one that made it. A code is still good once. */
export const CODE_GRACE_MILLISECONDS = 60_000

/** Whose a code is. */
export interface PortalCode {
  principalId: string
  clientId: string
  displayName: string
  /**
   * When a session that it opens ends at the latest: with the access token that asked for the code. So who has a token for a
   * while is not signed in for longer.
   */
  sessionEndsAt: Date
}

/** The codes of all replicas. */
export interface PortalCodes {
  /** A code for the principal with this object id, whose access token ends at `tokenEndsAt`. */
  make(
    principalId: string,
    given: { time: Date; tokenEndsAt: Date },
  ): Promise<{ code: string; expiresAt: Date }>
  /** Whose code it is, which it stays: undefined if it is none, was spent before, came too late or its principal may do nothing. */
  look(code: string, time: Date): Promise<PortalCode | undefined>
  /** The same, and the code is worth nothing afterwards. */
  spend(code: string, time: Date): Promise<PortalCode | undefined>
}

/** The codes in `storage`. */
export function createPortalCodes(storage: Storage): PortalCodes {
  return {
    make: (principalId, given) => make(storage, principalId, given),
    look: (code, time) => look(storage.db, code, time),
    spend: (code, time) =>
      storage.change(async (trx) => {
        const found = await look(trx, code, time)
        const { numDeletedRows } = await trx
          .deleteFrom('portal_code')
          .where('code_hash', '=', secretHash(code))
          .executeTakeFirst()
        // Of two that saw it, one deletes it.
        return numDeletedRows > 0 ? found : undefined
      }),
  }
}

async function make(
  storage: Storage,
  principalId: string,
  { time, tokenEndsAt }: { time: Date; tokenEndsAt: Date },
) {
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const expiresAt = Math.min(time.getTime() + CODE_MILLISECONDS, tokenEndsAt.getTime())
  const row = {
    code_hash: secretHash(code),
    principal_id: principalId,
    expires_at: expiresAt,
    session_ends_at: tokenEndsAt.getTime(),
  }
  await storage.change((trx) => trx.insertInto('portal_code').values(row).execute())
  return { code, expiresAt: new Date(expiresAt) }
}

async function look(db: Kysely<Schema>, code: string, time: Date): Promise<PortalCode | undefined> {
  const row = await db
    .selectFrom('portal_code')
    .innerJoin('principal', 'principal.id', 'portal_code.principal_id')
    .select(['principal_id', 'client_id', 'display_name', 'state', 'expires_at', 'session_ends_at'])
    .where('code_hash', '=', secretHash(code))
    .executeTakeFirst()
  // One of a replica of a former version does not say how long a session may last.
  if (row?.state !== 'enabled' || row.session_ends_at === null) return undefined
  const isLate = row.expires_at + CODE_GRACE_MILLISECONDS <= time.getTime()
  if (isLate || row.session_ends_at <= time.getTime()) return undefined
  return {
    principalId: row.principal_id,
    clientId: row.client_id,
    displayName: row.display_name,
    sessionEndsAt: new Date(row.session_ends_at),
  }
}

/**
 * Who is signed in to the portal. All replicas share the sessions. Of their ids only digests are kept, so who reads the database
 * is not signed in by that.
 *
 * @see docs/portal.md
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { AuditAction, AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { secretHash } from '../registry/client-secrets.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

const ID_BYTES = 32

/** Without a request for so long a session ends. */
const IDLE_MILLISECONDS = 3_600_000

/** And so long after its beginning in any case: a day of work. */
const LONGEST_MILLISECONDS = 43_200_000

/** Of one principal: an older one ends. */
const SESSIONS_MAX = 100

/** The end of a session is not written anew with each request. */
const MOVED_MILLISECONDS = 60_000

/** Somebody who is signed in. */
export interface PortalSession {
  /** What the cookie holds. */
  id: string
  principalId: string
  clientId: string
  displayName: string
  endsAt: Date
}

/** What is known of the request by which a session begins or ends. */
export interface SessionChange {
  time: Date
  correlationId: string
  /** Of the browser. */
  address: string
}

/** Who signs in. */
export interface SessionBeginning {
  principalId: string
  /** The digest of the id of the session that the browser had, which is ended. */
  former?: string | undefined
  /** When it ends in any case, if that is before the day of work is over. */
  endsBy?: Date | undefined
}

/** The sessions of all replicas. */
export interface PortalSessions {
  /** Signs a principal in under a new id. Resolves to the id. */
  begin(beginning: SessionBeginning, change: SessionChange): Promise<string>
  /**
   * The session with this id, which goes on by that if a person asked; undefined if it ended or its principal may do nothing any
   * more.
   */
  find(id: string, time: Date, asker: 'person' | 'script'): Promise<PortalSession | undefined>
  /** Ends one, or all of its principal. */
  end(session: PortalSession, reach: 'this' | 'all', change: SessionChange): Promise<void>
}

/** The sessions in `storage`. People are signed in as long as they are those of the provider with this issuer. */
export function createPortalSessions(storage: Storage, provider?: { issuer: string }): PortalSessions {
  return {
    begin: (beginning, change) => begin(storage, beginning, change),
    find: (id, time, asker) => find(storage, id, { time, asker, issuer: provider?.issuer }),
    end: (session, reach, change) => end(storage, { session, reach, change }),
  }
}

/** What is kept of the id of a session. */
export function sessionDigest(id: string): string {
  return secretHash(id)
}

function newSecret(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}

async function begin(
  storage: Storage,
  { principalId, former, endsBy }: SessionBeginning,
  change: SessionChange,
): Promise<string> {
  const id = newSecret()
  const time = change.time.getTime()
  const latest = Math.min(time + LONGEST_MILLISECONDS, endsBy?.getTime() ?? Number.POSITIVE_INFINITY)
  const row = {
    id_hash: sessionDigest(id),
    principal_id: principalId,
    created_at: time,
    ends_at: Math.min(time + IDLE_MILLISECONDS, latest),
    latest_end_at: latest,
  }
  const entry = entryOf('sign-in', await clientOf(storage, principalId), change)
  await storage.change(async (trx) => {
    if (former !== undefined) {
      await trx.deleteFrom('portal_session').where('id_hash', '=', former).execute()
    }
    await trx.insertInto('portal_session').values(row).execute()
    await endOldest(trx, principalId)
    await recordAudit(trx, [entry])
  })
  return id
}

async function endOldest(trx: Transaction<Schema>, principalId: string): Promise<void> {
  const own = trx.selectFrom('portal_session').select('id_hash').where('principal_id', '=', principalId)
  const newest = own.orderBy('created_at', 'desc').orderBy('id_hash').limit(SESSIONS_MAX)
  await trx
    .deleteFrom('portal_session')
    .where('principal_id', '=', principalId)
    .where('id_hash', 'not in', newest)
    .execute()
}

async function clientOf({ db }: Storage, principalId: string) {
  const { client_id: clientId } = await db
    .selectFrom('principal')
    .select('client_id')
    .where('id', '=', principalId)
    .executeTakeFirstOrThrow()
  return { principalId, clientId }
}

function entryOf(
  action: AuditAction,
  { principalId, clientId }: Pick<PortalSession, 'principalId' | 'clientId'>,
  { time, correlationId, address }: SessionChange,
): AuditEntry {
  const id = randomUUID()
  return { id, time, action, outcome: 'done', principalId, clientId, correlationId, origin: address }
}

async function find(
  storage: Storage,
  id: string,
  { time, asker, issuer }: { time: Date; asker: 'person' | 'script'; issuer: string | undefined },
): Promise<PortalSession | undefined> {
  const row = await storage.db
    .selectFrom('portal_session')
    .innerJoin('principal', 'principal.id', 'portal_session.principal_id')
    .leftJoin('foreign_principal', 'foreign_principal.principal_id', 'portal_session.principal_id')
    .select(['portal_session.principal_id', 'client_id', 'display_name', 'state', 'ends_at'])
    .select(['portal_session.created_at', 'latest_end_at', 'foreign_principal.issuer'])
    .where('id_hash', '=', sessionDigest(id))
    .executeTakeFirst()
  if (row?.state !== 'enabled') return undefined
  // The provider of this person was exchanged for another one, or for none.
  if (row.issuer !== null && row.issuer !== issuer) return undefined
  const latest = row.latest_end_at ?? row.created_at + LONGEST_MILLISECONDS
  // A replica of a former version moves the end beyond the latest, which it does not know.
  if (Math.min(row.ends_at, latest) <= time.getTime()) return undefined
  const endsAt = Math.min(time.getTime() + IDLE_MILLISECONDS, latest)
  const isMoved = asker === 'person' && endsAt - row.ends_at >= MOVED_MILLISECONDS
  if (isMoved) await moveEnd(storage, id, endsAt)
  return {
    id,
    principalId: row.principal_id,
    clientId: row.client_id,
    displayName: row.display_name,
    endsAt: new Date(isMoved ? endsAt : row.ends_at),
  }
}

async function moveEnd(storage: Storage, id: string, endsAt: number): Promise<void> {
  await storage.append((trx) =>
    trx
      .updateTable('portal_session')
      .set({ ends_at: endsAt })
      .where('id_hash', '=', sessionDigest(id))
      .execute(),
  )
}

async function end(
  storage: Storage,
  given: { session: PortalSession; reach: 'this' | 'all'; change: SessionChange },
): Promise<void> {
  const { session, reach, change } = given
  const entry = entryOf('sign-out', session, change)
  await storage.change(async (trx) => {
    const ending = trx.deleteFrom('portal_session').where('principal_id', '=', session.principalId)
    await (reach === 'all' ? ending : ending.where('id_hash', '=', sessionDigest(session.id))).execute()
    if (reach === 'all') {
      // A code that is on its way would open the next one.
      await trx.deleteFrom('portal_code').where('principal_id', '=', session.principalId).execute()
    }
    await recordAudit(trx, [entry])
  })
}

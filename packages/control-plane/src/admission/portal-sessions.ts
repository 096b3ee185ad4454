/**
 * Who is signed in to the portal, and the codes by which a principal that has a token signs in. All replicas share them. Of
 * ids and codes only digests are kept, so who reads the database is not signed in by that.
 *
 * @see docs/portal.md
 * @module
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { AuditAction, AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

const ID_BYTES = 32

/** Without a request for so long a session ends. */
const IDLE_MILLISECONDS = 3_600_000

/** And so long after its beginning in any case: a day of work. */
const LONGEST_MILLISECONDS = 43_200_000

/** The end of a session is not written anew with each request. */
const MOVED_MILLISECONDS = 60_000

/** As long as a browser takes to open. */
const CODE_MILLISECONDS = 60_000

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

/** The sessions of all replicas. */
export interface PortalSessions {
  /** Signs a principal in under a new id, and ends the session that the browser had. Resolves to the id. */
  begin(principalId: string, formerId: string | undefined, change: SessionChange): Promise<string>
  /**
   * The session with this id, which goes on by that if a person asked; undefined if it ended or its principal may do nothing any
   * more.
   */
  find(id: string, time: Date, asker: 'person' | 'script'): Promise<PortalSession | undefined>
  /** Ends one, or all of its principal. */
  end(session: PortalSession, reach: 'this' | 'all', change: SessionChange): Promise<void>
  /** A code for the principal with this object id. */
  makeCode(principalId: string, time: Date): Promise<{ code: string; expiresAt: Date }>
  /** Whose code it is: undefined if it is none, was spent before or came too late. */
  spendCode(code: string, time: Date): Promise<string | undefined>
}

/** The sessions in `storage`. */
export function createPortalSessions(storage: Storage): PortalSessions {
  return {
    begin: (principalId, formerId, change) => begin(storage, { principalId, formerId, change }),
    find: (id, time, asker) => find(storage, id, { time, asker }),
    end: (session, reach, change) => end(storage, { session, reach, change }),
    makeCode: (principalId, time) => makeCode(storage, principalId, time),
    spendCode: (code, time) => spendCode(storage, code, time),
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function newSecret(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}

async function begin(
  storage: Storage,
  given: { principalId: string; formerId: string | undefined; change: SessionChange },
): Promise<string> {
  const { principalId, formerId, change } = given
  const id = newSecret()
  const time = change.time.getTime()
  const row = { id_hash: hashOf(id), principal_id: principalId, created_at: time }
  const entry = entryOf('sign-in', await clientOf(storage, principalId), change)
  await storage.change(async (trx) => {
    if (formerId !== undefined) {
      await trx.deleteFrom('portal_session').where('id_hash', '=', hashOf(formerId)).execute()
    }
    await trx
      .insertInto('portal_session')
      .values({ ...row, ends_at: time + IDLE_MILLISECONDS })
      .execute()
    await recordAudit(trx, [entry])
  })
  return id
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
  { time, asker }: { time: Date; asker: 'person' | 'script' },
): Promise<PortalSession | undefined> {
  const row = await storage.db
    .selectFrom('portal_session')
    .innerJoin('principal', 'principal.id', 'portal_session.principal_id')
    .select(['principal_id', 'client_id', 'display_name', 'state', 'ends_at'])
    .select('portal_session.created_at')
    .where('id_hash', '=', hashOf(id))
    .executeTakeFirst()
  if (row?.state !== 'enabled' || row.ends_at <= time.getTime()) return undefined
  const endsAt = Math.min(time.getTime() + IDLE_MILLISECONDS, row.created_at + LONGEST_MILLISECONDS)
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
    trx.updateTable('portal_session').set({ ends_at: endsAt }).where('id_hash', '=', hashOf(id)).execute(),
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
    await (reach === 'all' ? ending : ending.where('id_hash', '=', hashOf(session.id))).execute()
    if (reach === 'all') {
      // A code that is on its way would open the next one.
      await trx.deleteFrom('portal_code').where('principal_id', '=', session.principalId).execute()
    }
    await recordAudit(trx, [entry])
  })
}

async function makeCode(storage: Storage, principalId: string, time: Date) {
  const code = newSecret()
  const expiresAt = new Date(time.getTime() + CODE_MILLISECONDS)
  const row = { code_hash: hashOf(code), principal_id: principalId, expires_at: expiresAt.getTime() }
  await storage.change((trx) => trx.insertInto('portal_code').values(row).execute())
  return { code, expiresAt }
}

function spendCode(storage: Storage, code: string, time: Date): Promise<string | undefined> {
  return storage.change(async (trx) => {
    const row = await trx
      .deleteFrom('portal_code')
      .where('code_hash', '=', hashOf(code))
      .returning(['principal_id', 'expires_at'])
      .executeTakeFirst()
    return row && row.expires_at > time.getTime() ? row.principal_id : undefined
  })
}

/** How many rows one step of a sweep deletes at most, so that requests wait little for it. */
const SWEEP_MAX_ROWS = 500

/** Deletes one batch of sessions that ended; resolves to whether more may be left. */
export async function sweepPortalSessions(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const ended = db
    .selectFrom('portal_session')
    .select('id_hash')
    .where('ends_at', '<', now.getTime())
    .limit(SWEEP_MAX_ROWS)
  const { numDeletedRows } = await db
    .deleteFrom('portal_session')
    .where('id_hash', 'in', ended)
    .executeTakeFirst()
  return Number(numDeletedRows) === SWEEP_MAX_ROWS
}

/** The same with codes that came too late. */
export async function sweepPortalCodes(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const expired = db
    .selectFrom('portal_code')
    .select('code_hash')
    .where('expires_at', '<', now.getTime())
    .limit(SWEEP_MAX_ROWS)
  const { numDeletedRows } = await db
    .deleteFrom('portal_code')
    .where('code_hash', 'in', expired)
    .executeTakeFirst()
  return Number(numDeletedRows) === SWEEP_MAX_ROWS
}

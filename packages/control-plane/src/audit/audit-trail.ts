/**
 * The audit trail: one row for every token issued or refused and every change of the registry, kept for 90 days. Some
 * refusals of callers that proved nothing are only counted. It never holds a token, an assertion or a key.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Insertable, Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'

/** What was done or refused. What a caller had no right to is named as Azure names it. */
export type AuditAction =
  | 'issue-token'
  | 'register-machine'
  | 'change-machine'
  | 'disable-machine'
  | 'enable-machine'
  | 'delete-machine'
  | 'create-resource-group'
  | 'change-resource-group'
  | 'delete-resource-group'
  | 'rename-subscription'
  | 'create-identity'
  | 'change-identity'
  | 'delete-identity'
  | 'assign-identity'
  | 'unassign-identity'
  | 'write-federated-credential'
  | 'delete-federated-credential'
  | 'assign-role'
  | 'remove-role'
  | 'create-application'
  | 'disable-application'
  | 'enable-application'
  | 'delete-application'
  | 'add-client-secret'
  | 'remove-client-secret'
  | 'add-client-certificate'
  | 'remove-client-certificate'
  | 'grant-app-role'
  | 'revoke-app-role'
  | 'rotate-signing-key'
  | 'create-join-token'
  | 'use-join-token'
  | 'delete-join-token'
  | 'enrol-machine'
  | 'fetch-certificate'
  | 'renew-machine-key'
  | 'return-machine'
  | 'accept-restored-machine'
  | 'take-back-machine'
  | 'replace-machine'
  | 'certify-attestation'
  | 'heartbeat'
  | `Microsoft.${string}`
  | `Landfast.${string}`
  | 'create-administrator'
  | 'reset-administrator'
  | 'accept-restored'

/** One decision. */
export interface AuditEntry {
  /** Entra's "trace id" of a request; random where there was no request. */
  id: string
  time: Date
  action: AuditAction
  outcome: 'done' | 'refused'
  code?: number | string | undefined
  clientId?: string | undefined
  principalId?: string | undefined
  resourceId?: string | undefined
  audience?: string | undefined
  correlationId: string
  /** How many refusals with the same code were left out since the last row of it. Default 0. */
  suppressed?: number
  /** Which host has asked as a machine: its name and its address. */
  origin?: string | undefined
}

/** The entry of a change that no request asked for. */
export function unaskedEntry(
  action: AuditAction,
  time: Date,
  { clientId, principalId, resourceId }: Pick<AuditEntry, 'clientId' | 'principalId' | 'resourceId'> = {},
): AuditEntry {
  const [id, correlationId] = [randomUUID(), randomUUID()]
  return { id, correlationId, time, action, outcome: 'done', clientId, principalId, resourceId }
}

/** A statement has at most 32,766 parameters in SQLite, and a row takes twelve. */
const INSERT_MAX_ROWS = 1_000

/** Writes entries within the transaction of what they tell about. */
export async function recordAudit(db: Kysely<Schema>, entries: readonly AuditEntry[]): Promise<void> {
  for (let first = 0; first < entries.length; first += INSERT_MAX_ROWS) {
    const rows = entries.slice(first, first + INSERT_MAX_ROWS).map(rowOf)
    await insertRows(db, { rows })
  }
}

const insertRows = prepareStatement((db, { rows }: { rows: readonly Insertable<Schema['audit']>[] }) =>
  db.insertInto('audit').values(rows),
)

function rowOf(entry: AuditEntry): Insertable<Schema['audit']> {
  return {
    id: entry.id,
    time: entry.time.getTime(),
    action: entry.action,
    outcome: entry.outcome,
    code: entry.code === undefined ? null : String(entry.code),
    client_id: entry.clientId ?? null,
    principal_id: entry.principalId ?? null,
    resource_id: entry.resourceId ?? null,
    audience: entry.audience ?? null,
    correlation_id: entry.correlationId,
    suppressed: entry.suppressed ?? 0,
    origin: entry.origin ?? null,
  }
}

const RETENTION_MILLISECONDS = 90 * 24 * 3_600_000

/** How many rows one step of a sweep deletes at most, so that requests wait little for it. */
const SWEEP_MAX_ROWS = 500

/** Deletes one batch of rows older than 90 days; resolves to whether more may be left. */
export async function sweepAudit(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const old = db
    .selectFrom('audit')
    .select('id')
    .where('time', '<', now.getTime() - RETENTION_MILLISECONDS)
    .limit(SWEEP_MAX_ROWS)
  const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows) === SWEEP_MAX_ROWS
}

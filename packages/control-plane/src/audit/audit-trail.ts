/**
 * The audit trail: a row for every change of the registry and every refusal, and one for all equal tokens of a minute,
 * which says how many. Beyond ten a minute the refusals of one caller are only counted. It never holds a token, an assertion
 * or a key.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import { type AuditRow, auditRows } from './audit-rows.ts'

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
  | 'trim-audit'
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
  /** How many refusals of the same caller and code were left out since the last row of them. Default 0. */
  suppressed?: number
  /** Of entries that are equal but for their times, all that have this name become one row, which counts them. */
  gathered?: string | undefined
  /** How many it stands for. Default 1. */
  count?: number
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

/** A statement has at most 32,766 parameters in SQLite, and a row takes fifteen. */
const INSERT_MAX_ROWS = 1_000

/** Writes entries within the transaction of what they tell about. */
export async function recordAudit(db: Kysely<Schema>, entries: readonly AuditEntry[]): Promise<void> {
  const rows = auditRows(entries)
  for (let first = 0; first < rows.length; first += INSERT_MAX_ROWS) {
    await insertRows(db, { rows: rows.slice(first, first + INSERT_MAX_ROWS) })
  }
}

const insertRows = prepareStatement((db, { rows }: { rows: readonly AuditRow[] }) =>
  db
    .insertInto('audit')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('gathered').doUpdateSet((row) => ({
        count: row('audit.count', '+', row.ref('excluded.count')),
        last_time: row.ref('excluded.last_time'),
      })),
    ),
)

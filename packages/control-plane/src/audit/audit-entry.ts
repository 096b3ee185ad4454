/**
 * What an entry of the audit trail says.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'

/** What is done, by our own names. */
export const AUDIT_ACTIONS = [
  'issue-token',
  'register-machine',
  'change-machine',
  'disable-machine',
  'enable-machine',
  'delete-machine',
  'create-resource-group',
  'change-resource-group',
  'delete-resource-group',
  'rename-subscription',
  'create-identity',
  'change-identity',
  'delete-identity',
  'assign-identity',
  'unassign-identity',
  'write-federated-credential',
  'delete-federated-credential',
  'assign-role',
  'remove-role',
  'create-application',
  'disable-application',
  'enable-application',
  'delete-application',
  'add-client-secret',
  'remove-client-secret',
  'add-client-certificate',
  'remove-client-certificate',
  'grant-app-role',
  'revoke-app-role',
  'rotate-signing-key',
  'trim-audit',
  'create-join-token',
  'use-join-token',
  'delete-join-token',
  'enrol-machine',
  'fetch-certificate',
  'renew-machine-key',
  'return-machine',
  'accept-restored-machine',
  'take-back-machine',
  'replace-machine',
  'certify-attestation',
  'certify-entra',
  'heartbeat',
  'create-user',
  'disable-user',
  'enable-user',
  'delete-user',
  'create-group',
  'disable-group',
  'enable-group',
  'delete-group',
  'sign-in',
  'sign-out',
  'create-administrator',
  'reset-administrator',
  'accept-restored',
  'change-encryption-key',
  'change-certificate-authority',
] as const

/** What was done or refused. What a caller had no right to is named as Azure names it. */
export type AuditAction = (typeof AUDIT_ACTIONS)[number] | `Microsoft.${string}` | `Landfast.${string}`

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
  /** What the rest does not say of a change, and what no row has any more once it is gone: the role, the join token. */
  detail?: string | undefined
}

/** How long one row may go on to stand for equal entries that are no tokens; a search looks as far back for its beginning. */
export const LASTING_MILLISECONDS = 3_600_000

/** The number of the span of that length that `time` is in, for the name of what is gathered. */
export function lastingSpan(time: Date): number {
  return Math.floor(time.getTime() / LASTING_MILLISECONDS)
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

/**
 * The rows of audit entries: of bounded size, whatever a caller sends, and one for all entries that are gathered.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { Insertable } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import type { AuditEntry } from './audit-entry.ts'

/** One row to be written. */
export type AuditRow = Insertable<Schema['audit']>

/** ARM ids and audiences are shorter; of what is longer the beginning is kept, and a hash that tells it from others. */
const TEXT_MAX_CHARACTERS = 512

/** Client ids, codes and ids of requests. */
const NAME_MAX_CHARACTERS = 128

/** The rows of `entries`; those that are gathered stand in one order everywhere, since each locks the row that is there. */
export function auditRows(entries: readonly AuditEntry[]): AuditRow[] {
  const single: AuditRow[] = []
  const gathered = new Map<string, AuditRow>()
  for (const entry of entries) {
    const row = rowOf(entry)
    const first = entry.gathered === undefined ? undefined : gathered.get(entry.gathered)
    if (first) addTo(first, row)
    else if (entry.gathered === undefined) single.push(row)
    else gathered.set(entry.gathered, row)
  }
  const names = [...gathered.keys()].toSorted()
  return [...single, ...names.flatMap((name) => gathered.get(name) ?? [])]
}

function addTo(first: AuditRow, { count = 1, last_time, suppressed }: AuditRow): void {
  Object.assign(first, {
    count: (first.count ?? 1) + count,
    last_time,
    suppressed: first.suppressed + suppressed,
  })
}

function rowOf(entry: AuditEntry): AuditRow {
  const time = entry.time.getTime()
  return {
    id: entry.id,
    time,
    action: clip(entry.action, NAME_MAX_CHARACTERS),
    outcome: entry.outcome,
    code: entry.code === undefined ? null : clip(String(entry.code), NAME_MAX_CHARACTERS),
    client_id: clip(entry.clientId, NAME_MAX_CHARACTERS),
    principal_id: clip(entry.principalId, NAME_MAX_CHARACTERS),
    resource_id: clip(entry.resourceId, TEXT_MAX_CHARACTERS),
    audience: clip(entry.audience, TEXT_MAX_CHARACTERS),
    correlation_id: clip(entry.correlationId, NAME_MAX_CHARACTERS),
    suppressed: entry.suppressed ?? 0,
    count: entry.count ?? 1,
    last_time: time,
    gathered: entry.gathered ?? null,
    origin: clip(entry.origin, TEXT_MAX_CHARACTERS),
    detail: clip(entry.detail, TEXT_MAX_CHARACTERS),
  }
}

const HASH_CHARACTERS = 16

/** Cuts what is too long for a row or a log line, and keeps apart what begins alike. */
export function clipText(text: string, max = TEXT_MAX_CHARACTERS): string {
  if (text.length <= max) return text
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, HASH_CHARACTERS)
  return `${text.slice(0, max - HASH_CHARACTERS - 1).toWellFormed()}…${hash}`
}

function clip(text: string, max: number): string
function clip(text: string | undefined, max: number): string | null
function clip(text: string | undefined, max: number): string | null {
  return text === undefined ? null : clipText(text, max)
}

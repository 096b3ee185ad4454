/**
 * A journal's database for one test: one machine, and entries that spend assertions of it. Not published.
 *
 * @module
 */

import type { AuditEntry } from '../audit/audit-entry.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import type { JournalEntry, LateRefusal } from '../authority/token-journal.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { registerTrialMachine, type TrialMachine } from './trial.ts'
import { openTrialRegistry, type TrialPlace, type TrialRegistry } from './trial-registry.ts'

/** What a test gets. */
export interface TrialJournal extends TrialRegistry {
  machine: TrialMachine
  /** The entry of a token for which the assertion with this `jti` is spent. */
  spending(id: string, jti: string, expiresAt?: Date): JournalEntry
}

/** A database at `place` with one machine. */
export async function openTrialJournal(now: Date, place: TrialPlace = {}): Promise<TrialJournal> {
  const trial = await openTrialRegistry(() => now, place)
  const machine = await registerTrialMachine(trial)
  const { clientId } = machine.identity
  const credential = { kind: 'machine-key', id: thumbprintsOf(machine.certificate).sha256 } as const
  const spending = (id: string, jti: string, expiresAt = now): JournalEntry => {
    const audit = trialAudit(id, now)
    const ifRefused = (code: LateRefusal) => refused(audit, code)
    return { audit, grant: { clientId, credential, assertion: { jti, expiresAt }, ifRefused } }
  }
  return { ...trial, machine, spending }
}

/** The audit entry of a token. */
export function trialAudit(id: string, time: Date): AuditEntry {
  return { id, time, action: 'issue-token', outcome: 'done', correlationId: 'c' }
}

function refused(audit: AuditEntry, code: LateRefusal): AuditEntry {
  return { ...audit, outcome: 'refused', code: new AuthorityError(code).number }
}

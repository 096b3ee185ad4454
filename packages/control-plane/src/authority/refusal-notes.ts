/**
 * Which refusals of tokens are written down: of each kind a few a minute, the rest as a count. Who proved itself has a count
 * of its own, so that nobody else's refusals hide its, and one who presents a spent assertion again and again makes no rows
 * without end.
 *
 * @module
 */

import { RefusalLimit } from '@landfast/server'
import type { Logger } from 'pino'
import { networkOf } from '../limits/request-limits.ts'
import type { AuthorityError } from './authority-error.ts'
import { type RefusalEntry, refusalEntry, shownSubject, type TokenRecord } from './token-record.ts'

/** The row of a refusal, whose line is then in the log; undefined if both are to be left out. */
export type NoteRefusal = (record: TokenRecord, error: AuthorityError) => RefusalEntry | undefined

/** Clients and codes that are counted apart; each client had to prove itself. */
const PROVEN_MAX = 10_000

/** Notes what is refused in `log`. What an unproven caller says of itself counts for nothing: it is known by its network. */
export function createRefusalNotes({ log, now }: { log: Logger; now: () => Date }): NoteRefusal {
  const unproven = new RefusalLimit(() => now().getTime())
  const proven = new RefusalLimit(() => now().getTime(), { kindsMax: PROVEN_MAX })
  return (record, error) => {
    const { code, number } = error
    const { holder, trace, address = '' } = record
    const suppressed = holder
      ? proven.take(`${holder.identity.clientId} ${number}`)
      : unproven.take(`${networkOf(address)} ${number}`)
    if (suppressed === undefined) return undefined
    log.warn({ ...trace, ...shownSubject(record), address, code, number, suppressed }, 'token refused')
    return { ...refusalEntry(record, error), suppressed }
  }
}

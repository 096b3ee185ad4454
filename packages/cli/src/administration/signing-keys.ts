/**
 * `landfast signing-keys`: the keys by which the control plane signs tokens.
 *
 * @see docs/control-plane.md
 * @module
 */

import { printNote } from '../terminal.ts'
import { type AnswerFlags, type Column, printFacts, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import type { Session } from './session.ts'

const PATH = '/landfast/v1/signing-keys'

interface KeyBody {
  kid: string
  signsFrom: string
  publishedUntil?: string
  signs?: boolean
}

/** A planned key is published for a day before it signs, so nothing is to be done for it. */
const AFTER_HURRY =
  'verifiers keep the keys that they have read, many for an hour; where discovery is exported as files, run "landfast control-plane export-discovery" again now'

const COLUMNS: readonly Column<KeyBody>[] = [
  ['kid', ({ kid }) => kid],
  ['signs', ({ signs }) => (signs === undefined ? undefined : signs ? 'now' : 'not now')],
  ['signs from', ({ signsFrom }) => signsFrom],
  ['published until', ({ publishedUntil }) => publishedUntil],
]

/** Prints them in the order in which they sign. */
export async function listSigningKeys({ client }: Session, flags: AnswerFlags): Promise<void> {
  printTable(await client.list(PATH), COLUMNS, flags)
}

/** Makes a new one. */
export async function rotateSigningKeys(
  { client }: Session,
  flags: AnswerFlags & ConfirmationFlags & { urgency: string },
): Promise<void> {
  const { urgency } = flags
  if (urgency === 'compromised') await confirm('make every token worthless that was issued until now', flags)
  const { body } = await client.call('POST', `${PATH}/rotate`, { body: { urgency } })
  printFacts(body, COLUMNS, flags)
  if (urgency !== 'planned') printNote(AFTER_HURRY)
}

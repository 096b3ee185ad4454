/**
 * What the code of a refusal in the audit trail means, in words.
 *
 * @see docs/errors.md
 * @module
 */

import { ONBOARDING_ERRORS } from '@landfast/protocol'
import { meaningsOf } from '../../authority/authority-error.ts'
import { codeMeant } from '../../resource-manager/audit-routes.ts'

/** Beside those that have a sentence of their own: its sentence names the request that was refused. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['AuthorizationFailed', 'no role of who asked allows this there'],
])

const WORDS: ReadonlyMap<string, string> = new Map([
  ...OTHERS,
  ...Object.entries(ONBOARDING_ERRORS).map(([code, [, , sentence]]) => [code, sentence] as const),
])

/** A code as the trail has it. */
export interface KnownCode {
  code: string
  meaning: string
}

/** The code that `text` means; undefined if it is none that we give. */
export function readCode(text: string): KnownCode | undefined {
  const code = codeMeant(text)
  const meanings = meaningsOf(code)
  const meaning = meanings.length > 0 ? meanings.join('; or ') : WORDS.get(code)
  return meaning === undefined ? undefined : { code, meaning }
}

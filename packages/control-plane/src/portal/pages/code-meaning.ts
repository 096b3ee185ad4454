/**
 * What the code of a refusal in the audit trail means, in words.
 *
 * @see docs/errors.md
 * @module
 */

import { ONBOARDING_ERRORS } from '@landfast/protocol'
import { meaningsOf } from '../../authority/authority-error.ts'

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

/** The code that `text` is, with or without "AADSTS" and in any case; undefined if it is none that we give. */
export function readCode(text: string): KnownCode | undefined {
  const number = text.replace(/^AADSTS/i, '')
  const meanings = meaningsOf(number)
  if (meanings.length > 0) return { code: number, meaning: meanings.join('; or ') }
  const [code, meaning] = [...WORDS].find(([one]) => one.toLowerCase() === text.toLowerCase()) ?? []
  return code !== undefined && meaning !== undefined ? { code, meaning } : undefined
}

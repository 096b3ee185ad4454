/**
 * What a user hears who may not write in the checkout: a sentence in place of an error, and everything else is tried.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { explainRefusal } from '../scripts/refusal.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What `work` returns; or why this user cannot do it, where `need` says what has to be done. */
export function orRefusal<T>(need: string, work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    const refusal = explainRefusal(error, { root: ROOT, need, command: 'npm run conformance' })
    if (!refusal) throw error
    return refusal.join('; ')
  }
}

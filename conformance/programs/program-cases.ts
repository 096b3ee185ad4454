/**
 * The cases that whole programs go through, and what their page calls each.
 *
 * @module
 */

import type { CaseName } from '../cases.ts'

/** Which identity is asked for. What follows a refusal is the doing of the program's library. */
export const PROGRAM_CASES = {
  'system-assigned': 'the machine’s own',
  'client-id': 'by client id',
  'object-id': 'by object id',
  'resource-id': 'by resource id',
  marker: 'the machine’s own, with no variable set',
  federated: 'one that trusts its federated token',
} as const satisfies Partial<Record<CaseName, string>>

/** Their names. */
export const PROGRAM_CASE_NAMES = Object.keys(PROGRAM_CASES) as (keyof typeof PROGRAM_CASES)[]

/**
 * A resource group that a list is narrowed to, and that is none.
 *
 * @module
 */

import { ApiRefusal } from '../inner/api-refusal.ts'

/** What is wrong with it. */
export interface WrongGroup {
  status: number
  sentence: string
}

const CODES: ReadonlySet<string> = new Set(['ResourceGroupNotFound', 'InvalidResourceGroupName'])

/** For `catch`: what the field of the group says. @throws `error` if something else is wrong. */
export function wrongGroupOf(error: unknown): WrongGroup {
  if (!(error instanceof ApiRefusal && CODES.has(error.code))) throw error
  return { status: error.status, sentence: error.message }
}

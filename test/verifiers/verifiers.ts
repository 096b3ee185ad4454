/**
 * A program with the code by which Vault and the API server of Kubernetes verify tokens.
 *
 * @module
 */

import { goProgram } from '../../scripts/built-program.ts'

/** The program. */
export const VERIFIERS = goProgram({
  name: 'verifiers',
  sources: new URL('go/', import.meta.url),
  for: 'tokens at Vault and Kubernetes',
})

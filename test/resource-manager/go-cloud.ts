/**
 * A program with the Go library by which Terraform finds its cloud.
 *
 * @module
 */

import { goProgram } from '../../scripts/built-program.ts'

/** The program. */
export const GO_CLOUD = goProgram({
  name: 'go-cloud',
  sources: new URL('go-cloud/', import.meta.url),
  for: 'the library by which Terraform finds its cloud',
})

/**
 * A program with the Go library by which Terraform finds its cloud.
 *
 * @module
 */

import type { GoProgram } from '../../scripts/go-program.ts'

/** The program. */
export const GO_CLOUD: GoProgram = {
  name: 'go-cloud',
  sources: new URL('go-cloud/', import.meta.url),
  for: 'the library by which Terraform finds its cloud',
}

/**
 * The test of the example in Go, as a program.
 *
 * @module
 */

import { join } from 'node:path'
import type { BuiltProgram } from '../../scripts/built-program.ts'

/** What `go test` builds. */
export const GO_EXAMPLE: BuiltProgram = {
  name: 'emulator-go',
  sources: new URL('../../examples/emulator/go/', import.meta.url),
  needs: 'Go and its modules',
  for: 'the emulator’s example in Go',
  build: (folder) => ['go', 'test', '-c', '-o', join(folder, 'orders'), '.'],
  run: (folder) => [join(folder, 'orders')],
}

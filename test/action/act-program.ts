/**
 * The runner that runs the steps of a workflow on this machine: act.
 *
 * @module
 */

import { join } from 'node:path'
import type { BuiltProgram } from '../../scripts/built-program.ts'

/** Built from its module at the version in `act/go.mod`. */
export const ACT: BuiltProgram = {
  name: 'act',
  sources: new URL('act/', import.meta.url),
  needs: 'Go and its modules',
  for: 'workflows with our action',
  build: (folder) => ['go', 'build', '-ldflags=-s -w', '-o', join(folder, 'act'), 'github.com/nektos/act'],
  run: (folder) => [join(folder, 'act')],
}

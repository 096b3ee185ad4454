/**
 * Moves a control plane, and stops for ever at the step that its second argument names: the test kills it there.
 *
 * @module
 */

import { moveControlPlane } from '@landfast/control-plane'

const [options = '', at] = process.argv.slice(2)
await moveControlPlane(JSON.parse(options), (told) => {
  if (at !== ('table' in told ? `${told.step} ${told.table}` : told.step)) return
  process.stdout.write('{"reached":true}\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
process.stdout.write('{"moved":true}\n')

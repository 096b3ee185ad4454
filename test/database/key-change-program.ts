/**
 * Changes the encryption key, and stops for ever at the step that its second argument names: the test kills it there.
 *
 * @module
 */

import { changeEncryptionKey } from '@landfast/control-plane'

const [options = '', at] = process.argv.slice(2)
await changeEncryptionKey(JSON.parse(options), {
  isRunning: false,
  tell: (step) => {
    if (step !== at) return
    process.stdout.write('{"reached":true}\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
})

/**
 * A control plane that writes all the time. Its argument holds the options; its one line of output comes when it has begun.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'
import { createLife } from '../../packages/control-plane/src/control-plane.ts'
import { checkOptions } from '../../packages/control-plane/src/options.ts'
import { fillRegistry } from '../../packages/control-plane/src/testing/filled-registry.ts'

const { machines, ...options } = JSON.parse(process.argv[2] ?? '')
const life = createLife(checkOptions(options))
await life.start()
const { storage } = life.started()
if (machines) await fillRegistry(storage, machines)
process.stdout.write('{"started":true}\n')
// All over the file, and in two halves: a copy in which they differ was made in the middle of a transaction.
for (let number = 1; ; number++) {
  await storage.change(async (trx) => {
    for (const half of ['<=', '>'] as const) {
      await trx
        .updateTable('presence')
        .set({ host_name: String(number) })
        .where('principal_id', half, 'p12')
        .execute()
      await setImmediate()
    }
  })
  await setImmediate()
}

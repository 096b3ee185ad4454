/**
 * Begins to make tables in the database that its argument names, says so, and never comes to the end.
 *
 * @module
 */

import { pino } from 'pino'
import { migrate, STEPS } from '../../packages/control-plane/src/storage/migrations.ts'
import { openStorage } from '../../packages/control-plane/src/storage/open-storage.ts'

const place = JSON.parse(process.argv[2] ?? '')
const storage = await openStorage({ ...place, log: pino({ enabled: false }) })
const halfway = {
  *[Symbol.iterator]() {
    yield 'create table half (id text primary key)'
    process.stdout.write('{"halfway":true}\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
} as unknown as readonly string[]
// The second argument has it come after every step of this version.
await migrate(storage, new Date(), [...(process.argv[3] ? STEPS : []), { statements: halfway }])

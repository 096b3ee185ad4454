/**
 * A program that writes a state file again and again until it is killed, and says when one is written.
 *
 * @module
 */

import { writeStateFile } from '../../packages/server/src/state-file.ts'

const file = process.argv[2] ?? ''
for (let number = 0; ; number = (number + 1) % 10) {
  await writeStateFile(file, String(number).repeat(100_000))
  process.stdout.write(`{"written":${number}}\n`)
}

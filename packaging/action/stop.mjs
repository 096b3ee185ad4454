/**
 * The step at the end of the job, whether it has failed or not: ends the emulator, and removes what was installed.
 */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { stopEmulator } from './emulator.mjs'
import { fail, readState } from './runner.mjs'

try {
  const folder = readState('folder')
  if (folder) {
    await stopEmulator(Number(readState('process')), join(folder, 'state'))
    rmSync(folder, { recursive: true, force: true })
  }
} catch (error) {
  fail(error.message)
}

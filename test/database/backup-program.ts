/**
 * Makes a backup of a control plane that runs. Its arguments are the state folder, the file, and perhaps the word "pause":
 * then it stops in the middle of the copy, says so, and goes on at a line of its input.
 *
 * @module
 */

import { once } from 'node:events'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const [stateFolder = '', file = '', pause] = process.argv.slice(2)
if (pause !== undefined) pauseCopies()
// After that, since it takes its functions when it is loaded.
const { backUpControlPlane } = await import('@landfast/control-plane')
await backUpControlPlane({ stateFolder }, { file, isRunning: true })
process.stdout.write('{"made":true}\n')

function pauseCopies(): void {
  const { copyFile } = fs
  fs.copyFile = async (from, to) => {
    await copyFile(from, to)
    const { size } = await fs.stat(to)
    await fs.truncate(to, Math.floor(size / 2))
    process.stdout.write('{"copying":true}\n')
    await once(process.stdin, 'data')
    process.stdin.pause()
    await copyFile(from, to)
  }
  syncBuiltinESMExports()
}

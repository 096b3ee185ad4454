/**
 * Covers the platform's folders inside a private mount namespace: their content stays visible, and no process outside
 * sees what a lane adds.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { coverFolder } from '../packages/cli/src/run/covered-folder.ts'

/** Where SDKs look for the agent's program. */
const PROGRAMS = '/opt'

/** The folder of the real agent, which is not carried over. */
const AGENT = 'azcmagent'

/** Covers the folder of the keys and the folder of programs. */
export async function coverFolders(): Promise<void> {
  await coverFolder()
  const staging = mkdtempSync(join(tmpdir(), 'landfast-programs-'))
  mount('-t', 'tmpfs', '-o', 'mode=0755,size=1m', 'landfast', staging)
  for (const entry of readdirSync(PROGRAMS, { withFileTypes: true })) {
    const [from, to] = [join(PROGRAMS, entry.name), join(staging, entry.name)]
    if (entry.name === AGENT) continue
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
    else {
      if (entry.isDirectory()) mkdirSync(to)
      else writeFileSync(to, '')
      mount('--rbind', from, to)
    }
  }
  mount('--move', staging, PROGRAMS)
  rmdirSync(staging)
}

/** "-n": who is root here only may not write the list of mounts that is kept in /run. */
function mount(...args: string[]): void {
  execFileSync('mount', ['-n', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

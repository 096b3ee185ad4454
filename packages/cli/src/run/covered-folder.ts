/**
 * Covers `/var/opt` inside a private mount namespace: everything in it stays visible, only the folder of the Arc agent
 * is a new, empty one.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import type { Dirent } from 'node:fs'
import { mkdir, mkdtemp, readdir, readlink, rmdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { ARC_KEY_FOLDER, KEYS_ALIVE_MAX } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { explainState } from '../files/state-failure.ts'
import { COVERED_FOLDER } from './namespace.ts'

const execute = promisify(execFile)

/**
 * Twice as many files of one block each as the agent keeps keys at most: a client that asks without a pause must not fill
 * the folder. A block is a page of memory, whatever that is on this machine, and takes none while it holds nothing.
 */
const BLOCKS_MAX = 2 * KEYS_ALIVE_MAX

/** The entry of the covered folder that is not carried over. */
const [OWN_ENTRY] = relative(COVERED_FOLDER, ARC_KEY_FOLDER).split(sep)

/**
 * Mounts the new `/var/opt` and makes the key folder in it.
 *
 * @throws {CliError} `unsupported` in one sentence.
 */
export async function coverFolder(): Promise<void> {
  // Without our namespace's own file system in place first, the old entries would be out of reach.
  const staging = await mkdtemp(join(tmpdir(), 'landfast-mount-')).catch((cause) => {
    throw explainState(cause, tmpdir())
  })
  try {
    await mount('-t', 'tmpfs', '-o', `mode=0755,nr_blocks=${BLOCKS_MAX}`, 'landfast', staging)
    const entries = await readdir(COVERED_FOLDER, { withFileTypes: true })
    for (const entry of entries) if (entry.name !== OWN_ENTRY) await carryOver(entry, staging)
    await mkdir(join(staging, relative(COVERED_FOLDER, ARC_KEY_FOLDER)), { recursive: true, mode: 0o755 })
    await mount('--move', staging, COVERED_FOLDER)
  } catch (cause) {
    const why = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message
    const detail = `"--as arc" could not cover ${COVERED_FOLDER} (${why}); use the default style, "--as app-service"`
    throw new CliError('unsupported', { detail, cause })
  } finally {
    await rmdir(staging).catch(() => {})
  }
}

async function carryOver(entry: Dirent, staging: string): Promise<void> {
  const from = join(COVERED_FOLDER, entry.name)
  const to = join(staging, entry.name)
  if (entry.isSymbolicLink()) return await symlink(await readlink(from), to)
  if (entry.isDirectory()) await mkdir(to)
  else await writeFile(to, '')
  await mount('--rbind', from, to)
}

/** "-n": who is root here only may not write the list of mounts that is kept in /run. */
async function mount(...args: string[]): Promise<void> {
  await execute('mount', ['-n', ...args])
}

/**
 * Folders in the temporary one that last as long as the process that made them. Of one that was killed they are left, and the
 * next process of the same user removes them.
 *
 * @module
 */

import { existsSync, rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { reasonOfStorage } from '@landfast/server'
import { EmulatorError } from './emulator-error.ts'

/** The start of the name of each. */
const PREFIX = 'landfast-'

/** Marks a folder that may be removed once no process holds its lock. */
export const EPHEMERAL_FILE = '.ephemeral'

/** A folder of its own for one emulator or one command. */
export interface EphemeralFolder {
  readonly path: string
  /** Harmless when repeated. */
  remove(): Promise<void>
}

const live = new Set<string>()
let isWatching = false

/** Makes one that only this user may enter. @throws {EmulatorError} `folder_unusable`. */
export async function makeEphemeralFolder(): Promise<EphemeralFolder> {
  const parent = temporaryFolder()
  const path = await mkdtemp(join(parent, PREFIX)).catch((cause) => {
    throw explainFolder(cause, parent)
  })
  live.add(path)
  if (!isWatching) process.once('exit', removeAll)
  isWatching = true
  const release = await hold(path).catch(async (cause) => {
    await remove(path).catch(() => {})
    throw explainFolder(cause, path)
  })
  await sweepEphemeral()
  return {
    path,
    async remove() {
      release()
      await remove(path)
    },
  }
}

/** `error` as `folder_unusable` if it says what is wrong with the disk. */
export function explainFolder(error: unknown, path: string): unknown {
  const reason = reasonOfStorage(error)
  if (!reason) return error
  const detail = `"${path}": ${reason}; let TMPDIR name a folder that can be written to`
  return new EmulatorError('folder_unusable', detail, error)
}

/** The folders in the temporary one that are named as such, and ours: anybody can make one there. */
export async function ephemeralFolders(): Promise<string[]> {
  const parent = temporaryFolder()
  const names = await readdir(parent).catch((cause) => {
    throw explainFolder(cause, parent)
  })
  const own: string[] = []
  for (const name of names.filter((other) => other.startsWith(PREFIX))) {
    const path = join(parent, name)
    const stats = await lstat(path).catch(() => undefined)
    if (stats?.isDirectory() && stats.uid === process.getuid?.()) own.push(path)
  }
  return own
}

/** Removes those that no process holds any more: what `kill -9` left behind. */
export async function sweepEphemeral(): Promise<void> {
  for (const path of await ephemeralFolders().catch(() => [])) {
    // If one cannot be removed, the next process tries again.
    if (!live.has(path) && isEphemeral(path)) await removeAbandoned(path).catch(() => {})
  }
}

/** The lock comes before the mark, so that whatever has a mark and no lock is left from a process that is gone. */
async function hold(path: string): Promise<() => void> {
  const lock = await takeLock(path)
  if (!lock) throw new Error('somebody else holds a folder that is new')
  await writeFile(join(path, EPHEMERAL_FILE), '', { mode: 0o600 }).catch((error) => {
    lock()
    throw error
  })
  return lock
}

async function removeAbandoned(path: string): Promise<void> {
  const release = await takeLock(path)
  if (!release) return
  try {
    // Its user may have kept it before the lock was ours.
    if (isEphemeral(path)) await remove(path)
  } finally {
    release()
  }
}

function isEphemeral(path: string): boolean {
  return existsSync(join(path, EPHEMERAL_FILE))
}

/** Releases the lock of `path`; undefined if another has it. The agent is loaded for that alone. */
async function takeLock(path: string): Promise<(() => void) | undefined> {
  const { lockFolder } = await import('@landfast/agent')
  const lock = lockFolder(path)
  return 'heldBy' in lock ? undefined : () => lock.release()
}

async function remove(path: string): Promise<void> {
  live.delete(path)
  await rm(path, { recursive: true, force: true })
}

/** Of emulators that were never stopped. */
function removeAll(): void {
  for (const path of live) rmSync(path, { recursive: true, force: true })
}

/** A program that is led to files in it may have another current folder. */
function temporaryFolder(): string {
  return resolve(tmpdir())
}

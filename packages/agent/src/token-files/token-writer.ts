/**
 * Writes and removes token files: each is replaced whole, in folders alone that no other user can change, and nothing is
 * touched that the agent did not put there.
 *
 * @see docs/security.md#token-files
 * @module
 */

import { randomBytes } from 'node:crypto'
import { constants, lstatSync, realpathSync } from 'node:fs'
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { explainCode, syncFolder, whyListOpens, whyOthersWrite } from '@landfast/server'
import { AgentError } from '../errors.ts'

const DRAFT = /^\.landfast-[0-9a-f]{32}$/
const READ_OR_WRITE = 6
const GROUP_OR_OTHERS_WRITE = 0o022

/** No link is followed and nothing that is there is opened. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** Where a token goes, and who may read it. */
export interface TokenFileTarget {
  readonly path: string
  readonly mode: number
  /** Undefined: the agent's own. */
  readonly userId: number | undefined
  readonly groupId: number | undefined
  /** Whether the agent has put the file there that it may replace. */
  readonly isOurs: boolean
  /** Notes, durably, that the file is the agent's; called before it is there. */
  readonly remember: () => Promise<void>
}

/**
 * Replaces the file by one that holds `token` and nothing else.
 *
 * @throws {AgentError} `token_file_folder`, `token_file_open`, `token_file_occupied`, `token_file_owner` or `token_file_full`;
 *   the former file, if any, is as it was.
 */
export async function writeTokenFile(token: string, target: TokenFileTarget): Promise<void> {
  const folder = dirname(target.path)
  refuseFolder(folder)
  refuseOccupied(target)
  const draft = join(folder, `.landfast-${randomBytes(16).toString('hex')}`)
  try {
    await writeDraft(draft, token, target)
    await target.remember()
    refuseOccupied(target)
    await rename(draft, target.path)
    await syncFolder(folder)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw explained(error, target.path)
  }
}

/**
 * Removes the file if it is one, in a folder that is still safe.
 *
 * @throws {AgentError} `token_file_folder` or `token_file_open` if it may not be.
 */
export async function removeTokenFile(path: string): Promise<void> {
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return
    refuseFolder(dirname(path))
    await unlink(path)
    await syncFolder(dirname(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explained(error, path)
  }
}

/** Removes what a crash left of files that were being written: there may be a token in them. */
export async function sweepTokenDrafts(folder: string): Promise<void> {
  refuseFolder(folder)
  for (const name of await readdir(folder)) {
    if (DRAFT.test(name)) await unlink(join(folder, name)).catch(() => {})
  }
}

/**
 * Refuses a folder that another user could change, or lead elsewhere.
 *
 * @throws {AgentError} `token_file_folder` or `token_file_open`.
 */
export function refuseFolder(folder: string): void {
  let real: string
  try {
    real = realpathSync(folder)
  } catch (error) {
    throw new AgentError('token_file_folder', `"${folder}" (${reasonOf(error)})`, error)
  }
  if (real !== folder) throw new AgentError('token_file_folder', `"${folder}" leads to "${real}": name that`)
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) throw new AgentError('token_file_folder', `"${folder}" is a file`)
  const reason = whyOthersWrite(folder)
  if (reason !== undefined) throw new AgentError('token_file_open', reason)
  // In a folder such as /tmp others cannot replace a file, but put one there first.
  if (isSticky(stats.mode) && stats.mode & GROUP_OR_OTHERS_WRITE)
    throw new AgentError('token_file_open', `"${folder}" is writable by others`)
}

function isSticky(mode: number): boolean {
  return (mode & 0o1000) !== 0
}

/** Only a file that the agent has put there is replaced. @throws {AgentError} `token_file_occupied`. */
function refuseOccupied({ path, isOurs }: TokenFileTarget): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isFile())
    throw new AgentError(
      'token_file_occupied',
      `"${path}" is ${stats.isSymbolicLink() ? 'a link' : 'no file'}`,
    )
  if (!isOurs) throw new AgentError('token_file_occupied', `"${path}" was not written by this agent`)
}

async function writeDraft(draft: string, token: string, target: TokenFileTarget): Promise<void> {
  const handle = await open(draft, NEW_FILE, 0o600)
  try {
    await giveTo(handle, target)
    // The folder may give an access list to what is made in it, and a mode for the group lets that list speak.
    const reason = whyListOpens(draft, READ_OR_WRITE)
    if (reason !== undefined) throw new AgentError('token_file_open', reason)
    await handle.writeFile(token)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The group first, so that its rights are never another group's; the owner last, who alone may give rights. */
async function giveTo(handle: FileHandle, { path, mode, userId, groupId }: TokenFileTarget): Promise<void> {
  const { uid, gid } = await handle.stat()
  const [owner, group] = [userId ?? uid, groupId ?? gid]
  try {
    if (group !== gid) await handle.chown(uid, group)
    await handle.chmod(mode)
    if (owner !== uid) await handle.chown(owner, group)
  } catch (error) {
    throw new AgentError('token_file_owner', `"${path}" to user id ${owner}, group id ${group}`, error)
  }
}

const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

function explained(error: unknown, path: string): AgentError {
  if (error instanceof AgentError) return error
  const { code } = error as NodeJS.ErrnoException
  if (FULL.includes(code)) return new AgentError('token_file_full', `"${path}" (${reasonOf(error)})`, error)
  return new AgentError('token_file_folder', `"${dirname(path)}" (${reasonOf(error)})`, error)
}

function reasonOf(error: unknown): string {
  return explainCode((error as NodeJS.ErrnoException).code)
}

/**
 * Reads the key file that a challenge names, as carefully as official clients do: an endpoint that is not
 * ours must not make us read and send it some other file.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { constants } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KEY_FILE_MAX_BYTES } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'

/**
 * The key in `file`, which must lie directly in `folder`.
 *
 * @throws {CliError} `key_file_misplaced`, `key_file_unusable` or `key_file_unreadable`.
 */
export async function readKeyFile(file: string, folder: string): Promise<string> {
  if (!file.endsWith('.key') || dirname(file) !== folder || join(folder, basename(file)) !== file) {
    throw new CliError('key_file_misplaced', {
      detail: folder,
      hints: ['another program may answer in the agent’s place; --key-folder allows another folder'],
    })
  }
  await using handle = await openKeyFile(file)
  return await readKey(handle, file)
}

/** O_NONBLOCK: a pipe put in the file's place must not hang us. */
async function openKeyFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') throw unusable(file, cause)
    throw new CliError('key_file_unreadable', { detail: file, hints: await explain(file), cause })
  }
}

async function readKey(handle: FileHandle, file: string): Promise<string> {
  const stats = await handle.stat()
  if (!stats.isFile() || stats.size > KEY_FILE_MAX_BYTES) throw unusable(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(KEY_FILE_MAX_BYTES))
  const key = buffer.toString('latin1', 0, bytesRead).trimEnd()
  if (!/^[!-~]+$/.test(key)) throw unusable(file)
  return key
}

function unusable(file: string, cause?: unknown): CliError {
  return new CliError('key_file_unusable', { detail: file, cause })
}

/** Says who may read `file` and who we are; if even that is hidden, the same of its folder. */
async function explain(file: string): Promise<string[]> {
  const groups = process.getgroups?.().join(', ')
  const self = `you are user id ${process.getuid?.()} with the groups ${groups}`
  for (const path of [file, dirname(file)]) {
    const stats = await stat(path).catch(() => undefined)
    if (!stats) continue
    const bits = (stats.mode & 0o7777).toString(8).padStart(4, '0')
    const group = await groupName(stats.gid)
    return [
      `"${path}" has the permission bits ${bits}, owner ${stats.uid} and group ${group}; ${self}`,
      `become root, or a member of the group ${group} and log in again`,
    ]
  }
  return [self]
}

async function groupName(gid: number): Promise<string> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '')
  const line = groups.split('\n').find((entry) => entry.split(':')[2] === String(gid))
  return line ? `"${line.split(':')[0]}" (${gid})` : String(gid)
}

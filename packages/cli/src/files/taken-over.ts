/**
 * A file that the user of a service made, which root puts where that user may not write. Root follows no link of that user
 * and replaces nothing.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from './as-owner.ts'

const ROOT = 0

const PART_BYTES = 1 << 20

/** Whether root runs this, and the folder of `file` is root's: no other user can be expected to write there. */
export async function isForRoot(file: string): Promise<boolean> {
  if (process.geteuid?.() !== ROOT) return false
  const folder = await stat(dirname(file)).catch(() => undefined)
  return folder?.uid === ROOT
}

/**
 * Moves the file `made`, which the owner of `folder` made there, to `target`, for root alone; durable when this resolves.
 *
 * @throws {CliError} `config_unwritable`.
 */
export async function takeOver(made: string, folder: string, target: string): Promise<void> {
  const draft = `${target}.${randomUUID()}.partial`
  try {
    // What that user may read, and no other file.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW
    await using source = await asOwnerOf(folder, () => open(made, flags))
    await copy(source, draft)
    // Unlike a new name by rename, this replaces nothing.
    await link(draft, target)
    await syncFolder(dirname(target))
  } catch (cause) {
    const hints = [(cause as Error).message, 'name another file']
    throw new CliError('config_unwritable', { detail: target, hints, cause })
  } finally {
    await rm(draft, { force: true })
    await asOwnerOf(folder, () => rm(made, { force: true }))
  }
}

/** Copies the open file `source` to a new file `draft`, for who runs this alone; durable when this resolves. */
export async function copy(source: FileHandle, draft: string): Promise<void> {
  await using handle = await open(draft, 'wx', 0o600)
  const buffer = Buffer.alloc(PART_BYTES)
  for (;;) {
    const { bytesRead } = await source.read(buffer)
    if (bytesRead === 0) break
    await handle.writeFile(buffer.subarray(0, bytesRead))
  }
  await handle.sync()
}

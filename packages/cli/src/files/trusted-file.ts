/**
 * Reads a file that decides what a service does, and only if no other user could change it.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { whyOthersWrite } from '@landfast/server'
import { CliError } from '../cli-error.ts'

/**
 * The text of the file at `path`.
 *
 * @throws {CliError} `config_unreadable`, or `config_open` if another user could write it or put another in its place.
 */
export async function readTrustedFile(path: string): Promise<string> {
  try {
    const reason = whyOthersWrite(path)
    if (reason === undefined) return await readFile(path, 'utf8')
    const hints = [
      reason,
      'it and every folder above it must belong to root or to you, and no other user may write to them',
    ]
    throw new CliError('config_open', { detail: path, hints })
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError('config_unreadable', { detail: path, hints: [(cause as Error).message], cause })
  }
}

/**
 * Reads a file that holds a secret, and only if no other user can read it: any reader of the secret gets tokens.
 *
 * @module
 */

import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'

const READABLE_BY_OTHERS = 0o077

/**
 * The text in `file`. Where root asks for a service, the user of the service may have made it, whose `serviceFolder` is.
 *
 * @throws {CliError} `config_unreadable`, or `secret_file_unsafe` if others may read it or another user made it.
 */
export async function readSecretFile(file: string, serviceFolder?: string): Promise<string> {
  try {
    await using handle = await open(file)
    return await readSafely(handle, file, await readerFor(serviceFolder))
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    const hints =
      code === 'EACCES' ? [message, `${giveTo(process.geteuid?.())}; it needs mode 0600`] : [message]
    throw new CliError('config_unreadable', { detail: file, hints, cause })
  }
}

/** Root sees with the eyes of the service. */
async function readerFor(serviceFolder: string | undefined): Promise<number | undefined> {
  const own = process.geteuid?.()
  if (own !== 0 || serviceFolder === undefined) return own
  const owner = await stat(serviceFolder).catch(() => undefined)
  return owner?.uid ?? own
}

/** The open file is looked at, not its name: behind that another file may have been put since. */
async function readSafely(handle: FileHandle, file: string, reader: number | undefined): Promise<string> {
  const hint = adviceAgainst(await handle.stat(), reader)
  if (hint) throw new CliError('secret_file_unsafe', { detail: file, hints: [hint] })
  return await handle.readFile('utf8')
}

function giveTo(userId: number | undefined): string {
  return `"chown ${userId} FILE" gives it to the user who has to read it`
}

/** What to do before a secret may be in a file with these `stats`; nothing if all is well for the user `userId`. */
export function adviceAgainst(
  { uid, mode }: Pick<Stats, 'uid' | 'mode'>,
  userId: number | undefined,
): string | undefined {
  if (uid !== 0 && uid !== userId) return `it belongs to user id ${uid}; ${giveTo(userId)}`
  if ((mode & READABLE_BY_OTHERS) === 0) return undefined
  const bits = (mode & 0o777).toString(8).padStart(4, '0')
  return `its permission bits are ${bits}; "chmod 600 FILE" keeps others out; then make a new secret, as this one may be known`
}

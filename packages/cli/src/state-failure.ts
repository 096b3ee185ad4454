/**
 * Why a state folder cannot be used, in words that help: a disk that is full, a folder that is not there, a
 * file that is damaged.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from './cli-error.ts'

/** SQLite's result codes, by the error of the system that says the same. */
const SQLITE_CODES: Readonly<Record<number, string>> = { 8: 'EROFS', 10: 'EIO', 13: 'ENOSPC', 14: 'EACCES' }

const SQLITE_NOT_A_DATABASE = 26

/** What Kysely says when SQLite gave a transaction up by itself; the disk's error is lost with it. */
const GIVEN_UP = 'cannot rollback - no transaction is active'

const INSTEAD = 'name another with --state-dir; without that flag it is made where TMPDIR leads'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read or write there',
  EDQUOT: 'your quota of its disk is used up',
  EIO: 'its disk is failing',
  ENOENT: 'it does not exist',
  ENOSPC: 'its disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'you may not read or write there',
  EROFS: 'its file system is read-only',
}

/** The files that a control plane does not make anew when they are damaged, and what reads each. */
const PEM_FILES: Readonly<Record<string, (text: string) => unknown>> = {
  'ca.pem': (text) => new X509Certificate(text),
  'ca-key.pem': createPrivateKey,
}

/** `error` as `state_folder_unusable` if the system's reason is known. */
export function explainState(error: unknown, path: string): unknown {
  const reason = findReason(error)
  if (!reason) return error
  const hints = [`${reason}; ${INSTEAD}`]
  return new CliError('state_folder_unusable', { detail: path, hints, cause: error })
}

/** The same of a whole site that could not start with `folder`; names a certificate or key that cannot be read. */
export function explainSite(error: unknown, folder: string): unknown {
  const explained = explainState(error, folder)
  const damaged = explained === error ? findDamaged(join(folder, 'control-plane')) : undefined
  if (!damaged) return explained
  const hints = [`"${damaged}" is damaged; restore it, or ${INSTEAD}`]
  return new CliError('state_folder_unusable', { detail: folder, hints, cause: error })
}

/** Whether SQLite found something else than a database. */
export function isNoDatabase(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_NOT_A_DATABASE
}

function findReason(error: unknown): string | undefined {
  for (let part = error; part instanceof Error; part = part.cause) {
    const { code = '', errcode = 0 } = part as { code?: string; errcode?: number }
    // SQLite's extended codes have the plain one in their last byte.
    const reason = REASONS[code] ?? REASONS[SQLITE_CODES[errcode & 0xff] ?? '']
    if (reason) return reason
    if (part.message === GIVEN_UP) return 'its disk is full or failing'
  }
  return undefined
}

function findDamaged(folder: string): string | undefined {
  return Object.entries(PEM_FILES)
    .map(([name, read]) => ({ file: join(folder, name), read }))
    .find(({ file, read }) => isDamaged(file, read))?.file
}

function isDamaged(file: string, read: (text: string) => unknown): boolean {
  try {
    read(readFileSync(file, 'utf8'))
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

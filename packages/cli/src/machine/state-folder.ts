/**
 * The folder in which a control plane and an agent of this machine keep their state: one that lasts, or one
 * that is gone when the command ends. One command at a time uses it.
 *
 * @module
 */

import { existsSync, rmSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { FolderLock } from '@landfast/agent'
import { EPHEMERAL_FILE, makeEphemeralFolder, sweepEphemeral } from '@landfast/emulator/folders'
import { CliError } from '../cli-error.ts'
import { makePrivateFolder } from '../files/private-folder.ts'
import { explainState, isNoDatabase } from '../files/state-failure.ts'

/** A folder with one of these is a state folder. */
const MARKS = ['registration.json', join('control-plane', 'landfast.db')] as const

/** What is in a state folder before it has one of the marks. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  EPHEMERAL_FILE,
  '.lock',
  '.lock-holder.json',
  'control-plane',
])

const OTHERS = 0o077
const STICKY = 0o1000

const ANOTHER = 'name an empty or a new folder with --state-dir'

/** An open state folder; no other command has it open. */
export interface StateFolder {
  readonly path: string
  readonly isEphemeral: boolean
  /** Gives it free again; an ephemeral one is removed. */
  close(): Promise<void>
}

/**
 * Opens the folder at `path`, made if need be, or without a path a new ephemeral one.
 *
 * @throws {CliError} `state_folder_busy`, or `state_folder_unusable` if it is not for us alone.
 */
export async function openStateFolder(path: string | undefined): Promise<StateFolder> {
  if (path === undefined) return await openEphemeral()
  const folder = await openLasting(resolve(path))
  await sweepEphemeral()
  return folder
}

async function openEphemeral(): Promise<StateFolder> {
  const { path, remove } = await makeEphemeralFolder().catch((cause) => {
    throw explainState(cause, tmpdir())
  })
  // Once more at the very end: what was interrupted while it started may still write.
  process.on('exit', () => rmSync(path, { recursive: true, force: true }))
  return { path, isEphemeral: true, close: () => remove().catch(() => {}) }
}

async function openLasting(path: string): Promise<StateFolder> {
  const isNew = await makePrivateFolder(path).catch((cause) => {
    const explained = explainState(cause, path)
    throw explained === cause ? unusable(path, cause.message, cause) : explained
  })
  // Of a folder that was there nothing is changed: it might be a home, or one that others need.
  if (!isNew) await refuseForeign(path)
  const lock = await lockState(path)
  // A crash left it behind, and its user now wants to keep it.
  await rm(join(path, EPHEMERAL_FILE), { force: true })
  return { path, isEphemeral: false, close: async () => lock.release() }
}

/** Refuses a folder that is not ours alone, or that is for something else. */
async function refuseForeign(path: string): Promise<void> {
  const { uid, mode } = await stat(path)
  if (uid !== process.getuid?.()) throw unusable(path, `it belongs to ${await userName(uid)}; ${ANOTHER}`)
  if (await isForeign(path)) throw unusable(path, `it holds files of something else; ${ANOTHER}`)
  if ((mode & STICKY) !== 0) throw unusable(path, `it is meant for all users; ${ANOTHER}`)
  if ((mode & OTHERS) !== 0) throw unusable(path, `others may enter it; close it: chmod 700 "${path}"`)
}

/** What a start that was cut short left does not count as foreign. */
async function isForeign(path: string): Promise<boolean> {
  const names = await readdir(path).catch((cause) => {
    throw unusable(path, cause.message, cause)
  })
  return !names.every((name) => OWN_NAMES.has(name)) && !MARKS.some((name) => existsSync(join(path, name)))
}

async function userName(uid: number): Promise<string> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const line = users.split('\n').find((entry) => entry.split(':')[2] === String(uid))
  return line ? `the user "${line.split(':')[0]}"` : `the user with the id ${uid}`
}

function unusable(path: string, hint: string, cause?: unknown): CliError {
  return new CliError('state_folder_unusable', { detail: path, hints: [hint], cause })
}

/** Whether a command has the folder at `path` open now. */
export async function isStateFolderOpen(path: string): Promise<boolean> {
  try {
    const lock = await lockState(path)
    lock.release()
    return false
  } catch (error) {
    return error instanceof CliError && error.code === 'state_folder_busy'
  }
}

async function lockState(path: string): Promise<FolderLock> {
  const { lockFolder } = await import('@landfast/agent')
  let lock: ReturnType<typeof lockFolder>
  try {
    lock = lockFolder(path)
  } catch (cause) {
    if (isNoDatabase(cause)) throw unusable(path, `"${join(path, '.lock')}" is damaged; remove it`, cause)
    const explained = explainState(cause, path)
    throw explained === cause ? unusable(path, (cause as Error).message, cause) : explained
  }
  if (!('heldBy' in lock)) return lock
  const hints = [`${lock.heldBy} has it; stop that or give another --state-dir`]
  throw new CliError('state_folder_busy', { detail: path, hints })
}

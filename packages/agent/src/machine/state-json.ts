/**
 * JSON in the state folder: written whole and durably, for the agent's user alone, and read only if no other user could
 * have read or changed it.
 *
 * @see docs/security.md#the-state-folder
 * @module
 */

import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders, syncFolder, writeStateFile } from '@landfast/server'
import { AgentError, type AgentErrorCode } from '../errors.ts'

/** The bits of everybody but the owner. */
const OTHERS = 0o077

/** A file that was not renamed to its own name. */
const DRAFT = /\.json\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** A file of a state folder. */
export interface StateJson<T> {
  /** Its name in the folder. */
  name: string
  isWhole: (value: unknown) => value is T
  /** What is said of one that cannot be understood. Default: `registration_broken`. */
  broken?: AgentErrorCode
}

/** Writes `value` into `folder`, made 0700 if need be. Durable when this returns. */
export async function writeStateJson<T>(folder: string, { name }: StateJson<T>, value: T): Promise<void> {
  makeFolders(folder, 0o700)
  await chmod(folder, 0o700)
  await writeStateFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Reads what is kept in `folder`, or nothing if there is no such file.
 *
 * @throws {AgentError} `registration_forbidden`, `registration_open`, or that it is broken.
 */
export async function readStateJson<T>(
  folder: string,
  { name, isWhole, broken = 'registration_broken' }: StateJson<T>,
): Promise<T | undefined> {
  const file = join(folder, name)
  try {
    await checkFile(file, broken)
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isWhole(value)) return value
  } catch (error) {
    if (error instanceof AgentError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'EACCES' || code === 'EPERM')
      throw new AgentError('registration_forbidden', `"${file}"`, error)
    // The parser's own message quotes the file, and so the private key: it must not reach a log.
    throw new AgentError(broken, `"${file}" (${code ?? 'not JSON'})`, code && error)
  }
  throw new AgentError(broken, `"${file}" (a field is missing)`)
}

/** Removes the file, durably, and what a crash left of one that was being written. */
export async function removeStateJson(
  folder: string,
  { name }: Pick<StateJson<unknown>, 'name'>,
): Promise<void> {
  const names = await readdir(folder)
  const ours = names.filter((other) => other === name || other.startsWith(`${name}.`))
  for (const other of ours) await rm(join(folder, other), { force: true })
  await syncFolder(folder)
}

/** Removes what a crash left of files that were being written: there may be a key in them. */
export async function sweepStateDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => DRAFT.test(name))
  for (const draft of drafts) await rm(join(folder, draft), { force: true })
}

/** A reader of the key can act as the machine, and a writer of the file chooses its authority. */
async function checkFile(file: string, broken: AgentErrorCode): Promise<void> {
  const stats = await stat(file)
  const { mode, uid } = stats
  // A pipe would be waited for, and a device read without end. Of a folder the system says what is wrong.
  if (!stats.isFile() && !stats.isDirectory()) throw new AgentError(broken, `"${file}" (not a file)`)
  if (mode & OTHERS)
    throw new AgentError('registration_open', `"${file}" has mode 0${(mode & 0o777).toString(8)}`)
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new AgentError('registration_open', `"${file}" belongs to user id ${uid}`)
  }
}

/** Whether `value` is an object whose fields of these names are texts. */
export function hasStrings(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
  )
}

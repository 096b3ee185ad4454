/**
 * A private `/var/opt` for `landfast run --as arc`: SDKs read Arc keys in one folder only, so the command
 * gets a view of the file system in which that folder is ours, and the machine's own is left untouched.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 * @module
 */

import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { CliError } from '../cli-error.ts'
import { whenWritten } from '../output.ts'
import { findProgram } from './command-path.ts'

const execute = promisify(execFile)

/** The folder that is covered; the key folder lies under it, and it exists on every Linux of the FHS. */
export const COVERED_FOLDER = '/var/opt'

/** As root, or with the capability: only the mounts are our own. */
const MOUNTS_ONLY = ['--mount', '--propagation', 'private']

/** For every other user: root of a new user namespace, in which mounting is allowed. */
const WITH_USERS = ['--user', '--map-root-user', '--mount']

/** Who started us, and where: what the process inside needs to know of the outside. */
export interface Outside {
  uid: number
  gid: number
  /** Whether the command must be mapped back to that user, since we are root of a user namespace. */
  isMapped: boolean
  /** The kernel's name of the mount namespace outside. */
  mounts: string
}

/** A way in that the kernel permits. */
export interface WayIn {
  unshare: string
  flags: readonly string[]
  outside: Outside
}

/** `outside` as one argument. */
export function formatOutside(outside: Outside): string {
  return [outside.uid, outside.gid, outside.isMapped ? 'mapped' : 'same', outside.mounts].join(' ')
}

/**
 * What `formatOutside` wrote.
 *
 * @param mounts the mount namespace that we are in.
 * @throws {CliError} `usage` if it is something else, or if we are not inside: we would mount over the
 *   folder that everybody sees.
 */
export function parseOutside(text: string, mounts: string | undefined): Outside {
  const match = /^(\d+) (\d+) (mapped|same) (mnt:\[\d+\])$/.exec(text)
  if (!match || !mounts || match[4] === mounts) {
    throw new CliError('usage', { detail: 'the option "--inside" is not for you: "--as arc" sets it' })
  }
  return {
    uid: Number(match[1]),
    gid: Number(match[2]),
    isMapped: match[3] === 'mapped',
    mounts: match[4] ?? '',
  }
}

/** The arguments of `unshare` that run `file` as the user outside. */
export function mappedBack(outside: Outside, file: string): string[] {
  return ['--user', `--map-user=${outside.uid}`, `--map-group=${outside.gid}`, '--', file]
}

/** The kernel's name of our mount namespace; undefined where there is none. */
export function currentMounts(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/mnt')
  } catch {
    return undefined
  }
}

/**
 * Finds out how we can get a private `/var/opt`, by trying.
 *
 * @throws {CliError} `unsupported` in one sentence that says why not.
 */
export async function findWayIn(): Promise<WayIn> {
  const mounts = currentMounts()
  if (process.platform !== 'linux' || !mounts) throw refuse('only Linux can give it one')
  const path = process.env.PATH
  const [unshare] = await Promise.all([findProgram('unshare', path), findProgram('mount', path)]).catch(
    (cause: CliError) => {
      throw refuse(`${cause.message}, which util-linux brings`, cause)
    },
  )
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const attempts = (uid === 0 ? [MOUNTS_ONLY, WITH_USERS] : [WITH_USERS]).map((flags) => {
    return { unshare, flags, outside: { uid, gid, isMapped: flags === WITH_USERS, mounts } }
  })
  let reason: unknown
  for (const attempt of attempts) {
    try {
      await tryWay(attempt)
      return attempt
    } catch (cause) {
      reason = cause
    }
  }
  throw refuse(`the system does not permit it (${lastLine(reason)})`, reason)
}

/** Goes in, mounts, comes back; and tries whether the command could be mapped back. */
async function tryWay({ unshare, flags, outside }: WayIn): Promise<void> {
  const mount = ['mount', '-n', '-t', 'tmpfs', 'landfast', COVERED_FOLDER]
  const nested = outside.isMapped ? [unshare, ...mappedBack(outside, 'true')] : ['true']
  await Promise.all([
    execute(unshare, [...flags, '--', ...mount]),
    execute(unshare, [...flags, '--', ...nested]),
  ])
}

/**
 * Starts this same command line anew inside, with the same process id, so that signals and the exit code need no help.
 * Does not return: nothing may be open that needs closing.
 */
export async function enter(way: WayIn): Promise<never> {
  const [command = '', ...rest] = process.argv.slice(2)
  const args = [command, '--inside', formatOutside(way.outside), ...rest]
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...args]
  // The new program knows nothing of what this one still had to write.
  await Promise.all([whenWritten('stdout'), whenWritten('stderr')])
  if (!process.execve) throw refuse('this Node.js cannot replace its own process')
  return process.execve(way.unshare, ['unshare', ...way.flags, '--', ...self], process.env)
}

function refuse(why: string, cause?: unknown): CliError {
  const detail = `"--as arc" needs a private ${COVERED_FOLDER}, but ${why}; use the default style, "--as app-service"`
  return new CliError('unsupported', { detail, cause })
}

/** What a program that failed wrote last, without its own name. */
function lastLine(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string }
  const line = (stderr ?? '').trim().split('\n').at(-1) || message
  return line.replace(/^(unshare|mount): /, '')
}

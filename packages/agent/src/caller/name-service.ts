/**
 * Asks the system for users and groups, whatever they are kept in: files, SSSD, LDAP, systemd. Node cannot; two
 * programs of the system can.
 *
 * @see https://man7.org/linux/man-pages/man5/nsswitch.conf.5.html
 * @module
 */

import { execFile } from 'node:child_process'
import { groupIdOf, groupNames, groupsInFiles, userIdOf, userName } from './accounts.ts'
import { Remembered } from './remembered.ts'

/** Names and groups by ids. What cannot be found out is undefined; it never throws. */
export interface NameService {
  userName(userId: number): Promise<string | undefined>
  userIdOf(name: string): Promise<number | undefined>
  groupNames(groupId: number): Promise<readonly string[]>
  groupIdOf(name: string): Promise<number | undefined>
  /** The ids of the groups of a user. */
  groupsOf(userId: number): Promise<readonly number[]>
}

/** What a program printed; undefined if it could not be run, or not in time. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string | undefined>

/** A directory that hangs keeps a look-up for so long. */
const TIMEOUT_MS = 2000

/** Look-ups at once: each is a process. */
const AT_ONCE = 4

/** What was found is good for so long. */
const GOOD_MS = 10_000

/** A name is still given after that time, while it is looked up again. */
const STALE_MS = 10 * 60_000

/** A look-up in the files first for names, then in what else the system knows. */
export function createNameService(
  run: RunProgram = createRunProgram(),
  monotonic: () => number = () => performance.now(),
): NameService {
  const named = { goodMs: GOOD_MS, staleMs: STALE_MS, monotonic }
  const users = new Remembered(named, (id: number) => firstField(run('getent', ['passwd', String(id)])))
  const groups = new Remembered(named, (id: number) => firstField(run('getent', ['group', String(id)])))
  const members = new Remembered({ ...named, staleMs: GOOD_MS }, (id: number) => askGroups(run, id))
  return {
    userName: async (userId) => userName(userId) ?? users.get(userId),
    userIdOf: async (name) => userIdOf(name) ?? askId(run, 'passwd', name),
    groupIdOf: async (name) => groupIdOf(name) ?? askId(run, 'group', name),
    groupNames: async (groupId) => {
      const inFile = groupNames(groupId)
      return inFile.length > 0 ? inFile : [await groups.get(groupId)].filter((name) => name !== undefined)
    },
    groupsOf: async (userId) => [...new Set([...groupsInFiles(userId), ...(await members.get(userId))])],
  }
}

/** A line of `getent` has the form of passwd(5) or group(5). */
async function firstField(printed: Promise<string | undefined>): Promise<string | undefined> {
  return (await printed)?.split(':')[0] || undefined
}

async function askId(
  run: RunProgram,
  database: 'passwd' | 'group',
  name: string,
): Promise<number | undefined> {
  const [found, , id = ''] = (await run('getent', [database, '--', name]))?.split(':') ?? []
  return found === name && /^\d+$/.test(id) ? Number(id) : undefined
}

async function askGroups(run: RunProgram, userId: number): Promise<number[]> {
  const [name = '', , , groupId = ''] = (await run('getent', ['passwd', String(userId)]))?.split(':') ?? []
  if (name === '' || name.startsWith('-')) return []
  const printed = (await run('id', ['-G', name])) ?? ''
  return [groupId, ...printed.trim().split(/\s+/)].filter((id) => /^\d+$/.test(id)).map(Number)
}

/** Programs of the system, a few at a time. */
function createRunProgram(): RunProgram {
  const waiting: (() => void)[] = []
  let running = 0
  return async (program, args) => {
    if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await runProgram(program, args)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** A program that found nothing ends with an exit code, and so does one that found some of it. */
function runProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise<string | undefined>((resolve) => {
    const options = { encoding: 'utf8', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const
    execFile(program, args, options, (error, printed) => {
      resolve(typeof error?.code === 'string' || error?.killed ? undefined : printed)
    }).on('error', () => {})
    // Some failures are thrown: a host without memory for one more process, or a name that none can be given.
  }).catch(() => undefined)
}

/**
 * The users of the services: made if they are not there, and removed again if they were made here.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { CliError } from '../cli-error.ts'

const run = promisify(execFile)

/** A user of a service, with a group of the same name. */
export interface Account {
  name: string
  /** As passwd(5) has it: by this a user of ours is known. */
  words: string
  home: string
}

/** As sysusers.d has them. */
export const ACCOUNTS: readonly Account[] = [
  { name: 'himds', words: 'Landfast agent', home: '/var/lib/landfast' },
  { name: 'landfast', words: 'Landfast control plane', home: '/var/lib/landfast-control-plane' },
]

/** A user as passwd(5) has it: its number, that of its own group, and the words about it. */
export interface FoundAccount {
  uid: number
  gid: number
  words: string
}

/** Which users of {@link ACCOUNTS} are missing. */
export async function missingAccounts(): Promise<Account[]> {
  const ids = await Promise.all(ACCOUNTS.map(({ name }) => findAccount(name)))
  return ACCOUNTS.filter((_, index) => !ids[index])
}

/** Makes `accounts`. @throws {CliError} `accounts_failed`. */
export async function makeAccounts(accounts: readonly Account[]): Promise<void> {
  for (const account of accounts) {
    const { name, words, home } = account
    await first(account, [
      ['systemd-sysusers', '--inline', `u ${name} - "${words}" ${home}`],
      ['useradd', ...USERADD, '--home-dir', home, '--comment', words, name],
    ])
  }
}

const USERADD = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin']

/** Removes the users that are ours by their words; one of the same name that others made stays. */
export async function removeAccounts(): Promise<void> {
  for (const account of ACCOUNTS) {
    if ((await findAccount(account.name))?.words === account.words)
      await first(account, [['userdel', account.name]])
  }
}

/** Does it with the first of `commands` that this system has. */
async function first(account: Account, commands: readonly string[][]): Promise<void> {
  for (const [program = '', ...args] of commands) {
    try {
      await run(program, args)
      return
    } catch (cause) {
      const { code, stderr = '' } = cause as { code?: unknown; stderr?: string }
      if (code === 'ENOENT') continue
      throw failed(account, stderr.trim() || String(code), cause)
    }
  }
  throw failed(account, `there is neither ${commands.map(([program]) => program).join(' nor ')}`)
}

function failed({ name }: Account, reason: string, cause?: unknown): CliError {
  const hints = [reason, `make the system user and group "${name}" by hand, and run this again`]
  return new CliError('accounts_failed', { detail: name, hints, cause })
}

/** The numbers of the user `name` by passwd(5), where system users are. */
export async function findAccount(name: string): Promise<FoundAccount | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  const [, , uid, gid, words = ''] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid), words }
}

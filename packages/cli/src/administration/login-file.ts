/**
 * The login: chooses the control plane and account that administrative commands act on. It names the file of the
 * credential; the credential itself stays where it is.
 *
 * @see docs/administration.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import { chmod, open, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { makePrivateFolder } from '../files/private-folder.ts'
import { readSecretFile } from '../files/secret-file.ts'

/** The kinds of credential of which a login names the file. */
export const LOGIN_CREDENTIALS = [
  'administrator',
  'service-principal-secret-file',
  'service-principal-cert',
  'federated-token-file',
  'access-token-file',
] as const

/** What is kept. */
export interface Login {
  url: string
  /** PEM; absent if the control plane's certificate is one that this host trusts anyway. */
  ca?: string
  /** Whether the CAs that this host trusts count beside `ca`. */
  usesSystemCa?: boolean
  /** The settings of the proxy, as they were given and by their names. */
  proxy?: Readonly<Partial<Record<string, string>>>
  tenantId: string
  /** Absent if the principal sees none. */
  subscriptionId?: string
  /** Absent where the credential is an access token. */
  clientId?: string
  credential: { kind: (typeof LOGIN_CREDENTIALS)[number]; file: string }
}

/** Where the login is kept, by the XDG base directories. */
export function loginFile(environment: Environment): string {
  const { XDG_CONFIG_HOME: configured = '' } = environment
  // The specification has relative ones ignored.
  const base = isAbsolute(configured) ? configured : join(homedir(), '.config')
  return join(base, 'landfast', 'login.json')
}

/** The login in `file`. @throws {CliError} `login_missing`, `config_invalid`, or those of a secret file. */
export async function readLogin(file: string): Promise<Login> {
  const text = await readSecretFile(file).catch((error) => {
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    const hints = ['run "landfast login --administrator FILE" with the file that the control plane wrote']
    throw new CliError('login_missing', { hints })
  })
  const login = parse(text)
  if (login) return login
  const hints = ['run "landfast login" again']
  throw new CliError('config_invalid', { detail: `"${file}" is not what "landfast login" writes`, hints })
}

function parse(text: string): Login | undefined {
  try {
    const { url, tenantId, credential } = JSON.parse(text)
    const isWhole =
      [url, tenantId, credential.file].every((value) => typeof value === 'string') &&
      LOGIN_CREDENTIALS.includes(credential.kind)
    return isWhole ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** Keeps `login` in `file`, for this user alone. @throws {CliError} `config_unwritable`. */
export async function writeLogin(file: string, login: Login): Promise<void> {
  const folder = dirname(file)
  const next = `${file}.${randomUUID()}`
  try {
    await makePrivateFolder(folder)
    await chmod(folder, 0o700)
    await using handle = await open(next, 'wx', 0o600)
    await handle.writeFile(`${JSON.stringify(login, null, 2)}\n`)
    await handle.sync()
    await rename(next, file)
  } catch (cause) {
    await rm(next, { force: true }).catch(() => {})
    const hints = [(cause as Error).message, 'name another folder with the variable XDG_CONFIG_HOME']
    throw new CliError('config_unwritable', { detail: file, hints, cause })
  }
}

/** Forgets the login in `file`; resolves to false if there was none. */
export async function removeLogin(file: string): Promise<boolean> {
  try {
    await rm(file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw new CliError('config_unwritable', { detail: file, hints: [(cause as Error).message], cause })
  }
}

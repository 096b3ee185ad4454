/**
 * The file with which a container gets the secret of its workload: two variables or three, one a line, as engines read them
 * (`--env-file`, `env_file`) and as a shell does.
 *
 * @see docs/containers.md#the-file
 * @module
 */

import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { VARIABLE, WORKLOAD_VARIABLE } from '@landfast/protocol'
import { explainCode, whyOthersWrite, writeStateFile } from '@landfast/server'
import { CliError } from '../cli-error.ts'

/** What stands in the file. */
export interface SecretEnv {
  endpoint: string
  secret: string
  /** That of the identity which the SDK asks for; without it the machine's own. */
  clientId?: string | undefined
}

/** The numbers of a user and a group. */
export interface FileOwner {
  userId: number
  groupId: number
}

const SECRET_LINE = new RegExp(`^${VARIABLE.identityHeader}=(\\S+)$`, 'm')

const CLIENT_ID_LINE = new RegExp(`^${WORKLOAD_VARIABLE.clientId}=([\\da-f-]{36})$`, 'm')

/** The text of the file. */
function formatEnv({ endpoint, secret, clientId }: SecretEnv): string {
  const named = clientId === undefined ? '' : `${WORKLOAD_VARIABLE.clientId}=${clientId}\n`
  return `${VARIABLE.identityEndpoint}=${endpoint}\n${VARIABLE.identityHeader}=${secret}\n${named}`
}

/** An address, a port and a path: nothing of it means anything to a shell, or begins another line. */
const ENDPOINT = /^http:\/\/[\w.:[\]-]+\/[\w/-]+$/

/** What is kept of a workload is the agent's, so its endpoint is looked at. @throws {CliError} `config_invalid`. */
export function checkEndpoint(endpoint: string): void {
  if (ENDPOINT.test(endpoint)) return
  const hints = ['remove the workload with "landfast workload remove", and add it anew']
  throw new CliError('config_invalid', {
    detail: 'what is kept as its endpoint is no URL of this agent',
    hints,
  })
}

/** @throws {CliError} `config_conflict` if something is there already. */
export function refuseTaken(file: string): void {
  if (!existsSync(file)) return
  const hints = ['remove it, or name another with --secret-file']
  throw new CliError('config_conflict', { detail: `the file "${file}" is there already`, hints })
}

/**
 * Writes the file durably, for its owner alone.
 *
 * @throws {CliError} `config_unwritable`.
 */
export async function writeEnvFile(file: string, env: SecretEnv): Promise<void> {
  checkEndpoint(env.endpoint)
  try {
    const reason = whyOthersWrite(dirname(file))
    if (reason !== undefined) throw unwritable(file, `${reason}; name a file with --secret-file elsewhere`)
    await writeStateFile(file, formatEnv(env))
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw unwritable(file, explainCode((cause as NodeJS.ErrnoException).code), cause)
  }
}

/**
 * Gives the file, which `writer` has just written, to another user. Its folder may belong to somebody else, who could put
 * another file there, or lead elsewhere: so only a file of the writer's is given, and a pipe holds nothing up.
 */
export function giveFile(file: string, { userId, groupId }: FileOwner, writer: number | undefined): void {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { uid, gid, nlink } = fstatSync(descriptor)
    if (uid === userId && gid === groupId) return
    if (uid !== writer) throw unwritable(file, 'somebody put another file there')
    if (nlink !== 1) throw unwritable(file, 'it has another name as well')
    fchownSync(descriptor, userId, groupId)
  } finally {
    closeSync(descriptor)
  }
}

const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK

/** The secret in the file; undefined if it has none or is not to be read. A pipe that nobody writes to has none. */
export function secretIn(file: string): string | undefined {
  return valueIn(file, SECRET_LINE)
}

/** The client id in the file, in the same way. */
export function clientIdIn(file: string): string | undefined {
  return valueIn(file, CLIENT_ID_LINE)
}

function valueIn(file: string, line: RegExp): string | undefined {
  try {
    return line.exec(readFileSync(file, { encoding: 'utf8', flag: WITHOUT_WAITING }))?.[1]
  } catch {
    return undefined
  }
}

/** Who has the file, to whom a new one is given again. */
export function ownerOfFile(file: string): FileOwner {
  const { uid, gid } = lstatSync(file)
  return { userId: uid, groupId: gid }
}

/** Removes the file if it is there. */
export function removeFile(file: string): void {
  rmSync(file, { force: true })
}

function unwritable(file: string, hint: string, cause?: unknown): CliError {
  return new CliError('config_unwritable', { detail: file, hints: [hint], cause })
}

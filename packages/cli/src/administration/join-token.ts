/**
 * `landfast join-token`: tokens that let servers in. The one line that `create` prints enrols a server.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { createHash, X509Certificate } from 'node:crypto'
import { parseJoinToken } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { parseTags } from '../machine/tags.ts'
import { printForShell, printNote, printResult } from '../terminal.ts'
import { readSpanSeconds } from '../usage/span.ts'
import { type AnswerFlags, type Column, printDone, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { DEFAULT_GROUP, MACHINE_TYPE, type PlaceFlags, resourceIdOf, segment } from './resource-names.ts'
import { type Session, subscriptionOf } from './session.ts'

const PATH = '/landfast/v1/join-tokens'

/** The flags of `create`. */
export interface JoinTokenFlags extends PlaceFlags {
  location?: string
  uses?: number
  lifetime?: string
  tags?: string
  /** The machine that is to have another key. */
  replace?: string
}

interface JoinTokenBody {
  id: string
  resourceGroup: string
  location: string
  uses: number
  usesLeft: number
  expiresAt: string
  createdBy: string
  /** The object id of the machine that it gives another key. */
  replaces?: string
}

/** Makes one. */
export async function createJoinToken(session: Session, flags: JoinTokenFlags): Promise<void> {
  const { lifetime } = flags
  const body = {
    ...(flags.replace === undefined ? placeBody(session, flags) : replacingBody(session, flags)),
    ...(lifetime !== undefined && { lifetimeSeconds: readSpanSeconds('--lifetime', lifetime) }),
  }
  const answer = await session.client.call('POST', PATH, { body })
  const token = String(answer.body.token)
  const trust = trustOf(session, token)
  const command = enrollingLine(token, trust === 'system' ? ' --use-system-ca' : '')
  if (flags.json) return printResult(JSON.stringify({ ...answer.body, command }))
  printForShell(command)
  const made = answer.body as unknown as JoinTokenBody
  printNote(`run that line on the server; ${effectOf(made, flags)} until ${made.expiresAt}`)
  if (trust === 'file') {
    printNote('a server that does not trust the CA of the control plane needs --ca-file FILE in that line')
  }
  printNote(`any holder of the line can do so; "landfast join-token revoke ${made.id}" takes it back`)
}

/**
 * What a server needs beside the token, if it reaches the control plane as this login does: the token pins the CA of the
 * control plane itself, and a load balancer or the operator may have brought another.
 */
function trustOf({ login: { ca, usesSystemCa } }: Session, token: string): 'file' | 'system' | 'nothing' {
  const pinned = parseJoinToken(token)?.caFingerprint
  if (pinned === undefined) return ca === undefined ? 'nothing' : 'file'
  if (ca === undefined || usesSystemCa) return 'system'
  const fingerprint = createHash('sha256').update(new X509Certificate(ca).raw).digest('base64url')
  return fingerprint === pinned ? 'nothing' : 'file'
}

function placeBody(session: Session, flags: JoinTokenFlags): object {
  const { location, uses, tags, resourceGroup = DEFAULT_GROUP } = flags
  return {
    subscriptionId: subscriptionOf(session, flags),
    resourceGroup,
    ...(location !== undefined && { location }),
    ...(uses !== undefined && { uses }),
    ...(tags !== undefined && { tags: parseTags(tags) }),
  }
}

/** The machine says all the rest. @throws {CliError} `argument_invalid`. */
function replacingBody(session: Session, flags: JoinTokenFlags): object {
  const other = (['uses', 'location', 'tags'] as const).find((name) => flags[name] !== undefined)
  if (other !== undefined) {
    throw new CliError('argument_invalid', {
      detail: `"--${other}" cannot be given with "--replace": the machine keeps what it has`,
    })
  }
  return { replaces: resourceIdOf(session, flags.replace ?? '', { ...flags, type: MACHINE_TYPE }) }
}

function effectOf({ uses, resourceGroup }: JoinTokenBody, { replace }: JoinTokenFlags): string {
  if (replace !== undefined)
    return `it makes that server the machine "${replace}", and no other from then on,`
  const machines = uses === 1 ? 'one machine' : `${uses} machines`
  return `it lets ${machines} into "${resourceGroup}"`
}

/** The shell itself passes the token on, so that it is in no list of arguments. */
function enrollingLine(token: string, flags: string): string {
  return `printf %s '${token}' | sudo landfast connect --join-token-file -${flags}`
}

/** Prints those of the groups that the caller may read. */
export async function listJoinTokens({ client }: Session, flags: AnswerFlags): Promise<void> {
  printTable(await client.list(PATH), COLUMNS, flags)
}

const COLUMNS: readonly Column<JoinTokenBody>[] = [
  ['id', ({ id }) => id],
  ['resource group', ({ resourceGroup }) => resourceGroup],
  ['location', ({ location }) => location],
  ['uses left', ({ uses, usesLeft }) => `${usesLeft} of ${uses}`],
  ['until', ({ expiresAt }) => expiresAt],
  ['made by', ({ createdBy }) => createdBy],
  ['replaces', ({ replaces }) => replaces],
]

/** Takes one back. */
export async function revokeJoinToken(
  { client }: Session,
  id: string,
  flags: AnswerFlags & ConfirmationFlags,
): Promise<void> {
  await confirm(`take the join token ${id} back`, flags)
  await client.call('DELETE', `${PATH}/${segment(id)}`)
  printDone(`revoked: ${id}`, { id, revoked: true }, flags)
}

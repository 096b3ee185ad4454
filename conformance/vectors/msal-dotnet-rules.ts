/**
 * What Microsoft.Identity.Client (MSAL for .NET) requires of answers.
 *
 * @module
 */

import { basename, extname } from 'node:path'
import type { StyleName } from '@landfast/protocol'
import {
  type Answer,
  type Asked,
  type ClientRules,
  headerOf,
  KEY_FILE_LIMIT,
  membersOf,
  type ProbeName,
  Refusal,
  type SelectorCase,
  splitChallenge,
} from './client-rules.ts'

/** What one version does otherwise than another. */
export interface MsalDotnetVersion {
  /** In the Arc style the answer must name the identity that was asked for. */
  verifiesEcho: boolean
  /** `expires_in` is read as well; of the two the last in the answer counts. */
  readsExpiresIn: boolean
}

/** Before this, a number counts seconds from now, not from 1970. */
const FIRST_ABSOLUTE = 978_307_200

const ECHO: Readonly<Record<SelectorCase, string>> = {
  'client-id': 'client_id',
  'object-id': 'object_id',
  'resource-id': 'msi_res_id',
}

const UNAVAILABLE =
  '[Managed Identity] Authentication unavailable. Either the requested identity has not been assigned'
const GATEWAY_STATUSES: readonly number[] = [502, 504]
const RETRIED: readonly number[] = [404, 408, 429, 500, 503, 504]
const RETRIED_VM: readonly number[] = [...RETRIED, 410, 501, 502, 505]

/** The rules of a version. */
export function msalDotnetRules(version: MsalDotnetVersion): ClientRules {
  return {
    readProbe,
    readChallenge,
    readKeyFile: readDotnetKeyFile,
    readToken: (answer, asked) => readToken(answer, asked, version),
    retried: (style: StyleName) => (style === 'vm' ? RETRIED_VM : RETRIED),
  }
}

/** Exactly 400 says that the service is there. For version 2 that would be wrong of us, and what follows would fail. */
function readProbe(probe: ProbeName, { status }: Answer): void {
  if (probe === 'vm-version-2' && status === 400) {
    throw new Refusal('the metadata service is taken for one of version 2')
  }
  if (probe === 'vm' && status !== 400) throw new Refusal(`IMDSv1 probe failed. Status code: ${status}`)
}

function readChallenge(answer: Answer, folder: string): string | undefined {
  if (answer.status !== 401) return undefined
  const challenge = headerOf(answer, 'www-authenticate')
  if (challenge === undefined) throw new Refusal('Did not receive expected WWW-Authenticate header')
  const path = splitChallenge(challenge)
  if (path === undefined) throw new Refusal('The WWW-Authenticate header did not match the expected format')
  const expected = `${folder}/${basename(path, extname(path))}.key`
  if (path !== expected)
    throw new Refusal('The file on the file path in the WWW-Authenticate header is not secure')
  return path
}

/** What .NET sends as a header: a BOM is dropped, and a line break or control character is a FormatException. */
export function readDotnetKeyFile({ content }: { content: Buffer }): string {
  if (content.length > KEY_FILE_LIMIT) throw new Refusal('The file is greater than 4096 bytes')
  const text = new TextDecoder().decode(content)
  if (!/^[ -~]+$/.test(text))
    throw new Refusal('The format of the value of the Authorization header is invalid')
  return `Basic ${text}`
}

function readToken(
  answer: Answer,
  asked: Asked,
  version: MsalDotnetVersion,
): ReturnType<ClientRules['readToken']> {
  if (asked.style === 'vm') refuseUnavailable(answer)
  if (answer.status !== 200) throw new Refusal(describeError(answer.body))
  const members = membersOf(answer.body)
  if (!members) throw new Refusal('MSI json response failed to parse')
  const accessToken = members.access_token
  const end = endOf(members, version)
  if (!isText(accessToken) || !isText(end)) {
    throw new Refusal(
      'Invalid response, the authentication response received did not contain the expected fields',
    )
  }
  if (asked.style === 'arc' && version.verifiesEcho) verifyEcho(members, asked)
  return { accessToken, expiresInSeconds: secondsUntil(end, asked.now) }
}

function refuseUnavailable({ status, body }: Answer): void {
  const message =
    status === 400 ? UNAVAILABLE : GATEWAY_STATUSES.includes(status) ? 'gateway error' : undefined
  if (message) throw new Refusal(`${message}\nStatus: ${status}\nContent:\n${body}\n${describeError(body)}`)
}

/** The last of both in the answer, since both set one property. */
function endOf(members: Record<string, unknown>, { readsExpiresIn }: MsalDotnetVersion): unknown {
  const names = readsExpiresIn ? ['expires_in', 'expires_on'] : ['expires_on']
  return Object.entries(members).findLast(([name]) => names.includes(name))?.[1]
}

function secondsUntil(end: string, now: number): number {
  if (/^-?\d+$/.test(end)) {
    const seconds = Number(end)
    return seconds < FIRST_ABSOLUTE ? seconds : Math.max(0, seconds - now)
  }
  const milliseconds = Date.parse(end)
  if (Number.isNaN(milliseconds)) throw new Refusal(`Failed to parse date-time stamp: '${end}'`)
  return Math.trunc(milliseconds / 1000 - now)
}

/** Agents of old pass over the selector and answer with the machine's own identity. */
function verifyEcho(members: Record<string, unknown>, { selector }: Asked): void {
  if (!selector) return
  const echo = members[ECHO[selector.by]]
  if (!isText(echo) || echo.toLowerCase() !== selector.value.toLowerCase()) {
    throw new Refusal(
      'user_assigned_managed_identity_not_supported: the answer does not confirm the identity',
    )
  }
}

/** The sentence of an error: flat, or nested as Service Fabric has it. A flat member that is no text is no flat error. */
export function describeError(body: string): string {
  if (body === '') return 'No response received from the managed identity endpoint'
  const members = membersOf(body)
  if (!members) return `Unexpected error response. Error response received from the server: ${body}`
  const { error, message, error_description: description, correlationId } = members
  const flat = [error, message, description, correlationId].filter(
    (part) => part !== undefined && part !== null,
  )
  if (flat.every(isString)) return `[Managed Identity] ${flat.join(' ')}`
  const nested = typeof error === 'object' && error !== null ? error : {}
  const { code, message: inner } = nested as { code?: unknown; message?: unknown }
  return `[Managed Identity] Error Code: ${String(code)} Error Message: ${String(inner)}`
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isText(value: unknown): value is string {
  return isString(value) && value !== ''
}

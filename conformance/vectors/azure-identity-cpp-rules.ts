/**
 * What azure-identity for C++ requires of answers.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import {
  type Answer,
  type Asked,
  type ClientRules,
  headerOf,
  KEY_FILE_LIMIT,
  type KeyFile,
  membersOf,
  Refusal,
} from './client-rules.ts'

/** The most that `expires_in` may be: 2^31 - 1. */
const LONGEST_SECONDS = 2_147_483_647
/** The end of the year 9999. */
const LATEST = 253_402_300_799
/** A token that lives this long or longer counts half as long, so that a new one is had in time. */
const HALVED_FROM_SECONDS = 7200
/** Shorter than this is no file name with its ending. */
const SHORTEST_NAME = 5

const RETRIED: readonly number[] = [408, 429, 500, 502, 503, 504]

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i
const RFC1123 = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/** The rules of every version since the one that looks at the key file. */
export const AZURE_IDENTITY_CPP_RULES: ClientRules = {
  // No probe: the first request for a token is one, without a second try.
  readProbe: () => {},
  readChallenge,
  readKeyFile,
  readToken,
  retried: (_: StyleName) => RETRIED,
}

function readChallenge(answer: Answer, folder: string): string | undefined {
  if (answer.status !== 401) return undefined
  const challenge = headerOf(answer, 'www-authenticate')
  if (challenge === undefined) throw new Refusal("Did not receive expected 'WWW-Authenticate' header")
  const equals = challenge.indexOf('=')
  if (equals < 0 || challenge.includes('=', equals + 1)) {
    throw new Refusal("The 'WWW-Authenticate' header did not match the expected format")
  }
  const path = challenge.slice(equals + 1)
  const own = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  if (own !== folder || path.length < SHORTEST_NAME || !path.endsWith('.key')) {
    throw new Refusal("The file specified in the 'WWW-Authenticate' header has an unexpected file path")
  }
  return path
}

/** Verbatim: what no header can hold is no header then. */
function readKeyFile({ content }: KeyFile): string {
  if (content.length > KEY_FILE_LIMIT) throw new Refusal('The file is larger than 4096 bytes')
  const text = content.toString('latin1')
  if (/[\r\n\0]/.test(text)) throw new Refusal('the key breaks the header')
  return `Basic ${text}`
}

function readToken({ status, body }: Answer, { now }: Asked): ReturnType<ClientRules['readToken']> {
  if (status !== 200) throw new Refusal(`GetToken(): error response: ${status}\n\n${body}`)
  const members = membersOf(body)
  if (!members) throw new Refusal('GetToken(): the answer is no JSON')
  const accessToken = members.access_token
  if (typeof accessToken !== 'string') throw missing('access_token')
  return { accessToken, expiresInSeconds: lifetimeOf(members, now) }
}

/** The first that can be read: `refresh_in` as the end itself, if it is a number; `expires_in`; `expires_on`. */
function lifetimeOf({ refresh_in, expires_in, expires_on }: Record<string, unknown>, now: number): number {
  const refresh = typeof refresh_in === 'number' ? unsigned(refresh_in, LONGEST_SECONDS) : undefined
  if (refresh !== undefined) return refresh
  const relative = unsigned(expires_in, LONGEST_SECONDS)
  if (relative !== undefined) return halved(relative)
  const absolute = dateOf(expires_on) ?? unsigned(expires_on, LATEST)
  if (absolute === undefined) throw missing('expires_on')
  return halved(absolute - now)
}

/** A whole number, or a string of exactly its digits. */
function unsigned(value: unknown, most: number): number | undefined {
  const number = typeof value === 'string' && /^(0|[1-9]\d*)$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most
    ? number
    : undefined
}

function dateOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !(RFC3339.test(value) || RFC1123.test(value))) return undefined
  return Math.trunc(Date.parse(value) / 1000)
}

function halved(seconds: number): number {
  return seconds >= HALVED_FROM_SECONDS ? Math.trunc(seconds / 2) : seconds
}

function missing(name: string): Refusal {
  return new Refusal(`GetToken(): Token JSON object: can't find or parse '${name}' property.`)
}

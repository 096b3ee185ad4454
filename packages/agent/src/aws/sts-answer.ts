/**
 * Reads what AWS's Security Token Service answers to AssumeRoleWithWebIdentity: credentials, or why there are none. It is XML
 * of a few known elements, so they are looked for by name; a document that declares anything is refused.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @module
 */

import { readRetryAfter, visibleSaying, type WaitHeaders } from '@landfast/protocol'
import { SourceError, type SourceFailure } from '../tokens/source.ts'

/** An answer takes some 3 kB. */
export const ANSWER_MAX_CHARACTERS = 64 * 1024

/** What elements hold. */
const ANY = /^/
const TEXT = /^[!-%'-;=-~]+$/
const CODE = /^[\w.:-]{1,64}$/
const WORDS = /^[^<]*$/

/** Credentials of a role, as AWS names their parts. */
export interface AwsCredentials {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** An answer as it came. */
export interface StsAnswer {
  readonly status: number
  readonly text: string
  readonly headers: WaitHeaders
}

/** A refusal that is known: whether it passes, and what to do. */
interface KnownRefusal {
  readonly failure: SourceFailure
  readonly advice: string
}

const CLOCK: KnownRefusal = {
  failure: 'unavailable',
  advice: 'the token is past its end by the clock of AWS; see that the clock of this machine is right',
}

const THROTTLED: KnownRefusal = { failure: 'throttled', advice: 'AWS asks to slow down' }

/** By AWS's code. A code that is not here is definite if the status is 4xx, and passes if it is another. */
const REFUSALS: ReadonlyMap<string, KnownRefusal> = new Map([
  [
    'AccessDenied',
    {
      failure: 'resource_refused',
      advice:
        'there is no such role, or its trust policy does not admit this identity; compare its principal with the provider of the issuer, and its conditions ":aud" and ":sub" with the claims of "landfast token --decode"',
    },
  ],
  [
    'InvalidIdentityToken',
    {
      failure: 'resource_refused',
      advice:
        'AWS does not take the token: the account has no identity provider for its issuer, the audience is not in the list of that provider, or AWS cannot read the keys of the issuer',
    },
  ],
  [
    'IDPRejectedClaim',
    {
      failure: 'resource_refused',
      advice: 'AWS refuses a claim of the token; look at it by "landfast token --decode"',
    },
  ],
  [
    'RegionDisabledException',
    {
      failure: 'resource_refused',
      advice: 'the service is turned off in this region; turn it on there, or name another address',
    },
  ],
  [
    'ValidationError',
    { failure: 'resource_refused', advice: 'the ARN of the role is not one that AWS knows' },
  ],
  ['IDPCommunicationError', { failure: 'unavailable', advice: 'AWS does not reach the issuer now' }],
  ['ExpiredTokenException', CLOCK],
  ['ExpiredToken', CLOCK],
  ['Throttling', THROTTLED],
  ['ThrottlingException', THROTTLED],
  ['RequestLimitExceeded', THROTTLED],
  ['TooManyRequestsException', THROTTLED],
])

/**
 * The credentials in `answer`.
 *
 * @throws {SourceError} `resource_refused` for the role, with a reason that every caller may read; `throttled`; `unavailable`.
 */
export function readStsAnswer(answer: StsAnswer): AwsCredentials {
  const { status, text } = answer
  const isPlain = text.length <= ANSWER_MAX_CHARACTERS && !text.includes('<!')
  const credentials = status === 200 && isPlain ? readCredentials(text) : undefined
  if (credentials) return credentials
  throw describeRefusal(answer, isPlain ? text : '')
}

/** The end of credentials as AWS writes it: whole seconds of UTC. */
export function formatExpiration(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

function readCredentials(text: string): AwsCredentials | undefined {
  const inside = elementOf(text, 'Credentials', ANY) ?? ''
  const [AccessKeyId, SecretAccessKey, SessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => elementOf(inside, name, TEXT))
  const expiresAt = Date.parse(expiration ?? '')
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || Number.isNaN(expiresAt)) return undefined
  return { AccessKeyId, SecretAccessKey, SessionToken, expiresAt }
}

/**
 * The content of the first element of this name, without the white space around it, if it is like `content`. Looked for by
 * position: one pattern for all of it would try every share of a long white space.
 */
function elementOf(text: string, name: string, content: RegExp): string | undefined {
  const [opening, closing] = [`<${name}>`, `</${name}>`]
  const begin = text.indexOf(opening)
  const end = begin < 0 ? -1 : text.indexOf(closing, begin)
  if (end < 0) return undefined
  const found = text.slice(begin + opening.length, end).trim()
  return content.test(found) ? found : undefined
}

function describeRefusal({ status, headers }: StsAnswer, text: string): SourceError {
  const code = elementOf(text, 'Code', CODE)
  const said = elementOf(text, 'Message', WORDS)
  const { failure, advice } = meaningOf(status, code)
  const told = code === undefined ? 'nothing that makes sense' : `${code}: ${said ?? ''}`
  return new SourceError(failure, `AWS answered ${status}, ${visibleSaying(told)}`, {
    retryAfterSeconds: readRetryAfter(headers, Date.now()),
    reason: { message: code === undefined ? advice : `${code}: ${advice}` },
  })
}

function meaningOf(status: number, code: string | undefined): KnownRefusal {
  if (status === 429) return THROTTLED
  const known = REFUSALS.get(code ?? '')
  if (known) return known
  // Whatever stands between us and AWS may answer 4xx as well: only AWS's own form is definite.
  const isDefinite = status >= 400 && status < 500 && code !== undefined
  return isDefinite
    ? { failure: 'resource_refused', advice: 'the log of the agent has what AWS said' }
    : { failure: 'unavailable', advice: 'AWS gave no answer that makes sense' }
}

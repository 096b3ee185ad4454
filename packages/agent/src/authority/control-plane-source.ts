/**
 * Tokens from a control plane: OAuth 2.0 client credentials with the machine's signed assertion.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see docs/protocol.md#upstream
 * @module
 */

import { readRetryAfter } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Registration } from '../machine/registration.ts'
import { isPassing, SourceError, type TokenSource } from '../tokens/source.ts'
import { AuthorityClock } from './authority-clock.ts'
import type { Credentials } from './credential.ts'
import { ASSERTION_OUT_OF_TIME, CredentialSource, codesOf } from './credential-source.ts'
import { fixedCredentials } from './fixed-credentials.ts'
import type { HttpsAnswer, HttpsClient } from './https-client.ts'
import { describeAnswer, failureOf, traceIdOf } from './refused-token.ts'

/** Numbers of an `invalid_client` that the next assertion does not meet: a clock, an assertion that came twice. */
const PASSING_CODES: readonly unknown[] = [ASSERTION_OUT_OF_TIME, 50013]

/** The machine has no such user-assigned identity any more, but its own and the others as before. */
const IDENTITY_UNASSIGNED = 501051

/** A token source for the machine of `registration`. Nothing is sent before the first token is asked for. */
export function createControlPlaneSource(options: {
  registration: Registration
  log?: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}): TokenSource {
  const { registration, log, now = Date.now } = options
  return createCredentialSource({
    authority: registration.authority,
    openHttps: () => openHttps(registration),
    credentials: fixedCredentials(registration),
    clock: new AuthorityClock(now, log),
  })
}

/** TLS is loaded with the first request: an agent that waits needs no memory for it. */
async function openHttps({ ca, usesSystemCa }: Registration): Promise<HttpsClient> {
  const { createHttpsClient } = await import('./https-client.ts')
  return createHttpsClient(ca, usesSystemCa)
}

/** What a source is made of. */
interface CredentialSourceOptions {
  /** `https://HOST[:PORT]/{tenant}`. */
  authority: string
  openHttps: () => Promise<HttpsClient>
  credentials: Credentials
  clock: AuthorityClock
}

/** A token source for a machine with these credentials. */
export function createCredentialSource(options: CredentialSourceOptions): TokenSource {
  const { authority, ...parts } = options
  const tokenEndpoint = (client: HttpsClient, signal: AbortSignal) => discover(authority, client, signal)
  return new CredentialSource({ ...parts, kind: { tokenEndpoint, explain } })
}

async function discover(authority: string, client: HttpsClient, signal: AbortSignal): Promise<string> {
  const url = `${authority}/v2.0/.well-known/openid-configuration`
  const { status, body } = await client.send(url, { signal })
  const endpoint = body?.token_endpoint
  if (status === 200 && typeof endpoint === 'string' && endpoint.startsWith('https://')) return endpoint
  throw new SourceError('unavailable', `"${url}" answered ${status} and no token endpoint`)
}

function explain(answer: HttpsAnswer): SourceError {
  const message = describeAnswer(answer)
  const failure = failureOf(answer)
  const traceId = traceIdOf(answer)
  const retry = { retryAfterSeconds: readRetryAfter(answer.headers, Date.now()), traceId }
  if (isPassing(failure)) return new SourceError(failure, message, retry)
  const codes = codesOf(answer.body)
  if (codes.some((code) => PASSING_CODES.includes(code)))
    return new SourceError('unavailable', message, retry)
  return new SourceError(codes.includes(IDENTITY_UNASSIGNED) ? 'unassigned' : failure, message, { traceId })
}

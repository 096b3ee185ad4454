/**
 * Tokens from a control plane: OAuth 2.0 client credentials with the machine's signed assertion.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see docs/protocol.md#upstream
 * @module
 */

import { clientCredentialsForm, type Identity, TRACEPARENT_HEADER } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { Registration } from '../machine/registration.ts'
import { SourceError, type SourceFailure, type SourceToken, type TokenSource } from '../tokens/source.ts'
import { AuthorityClock } from './authority-clock.ts'
import type { Credential, Credentials } from './credential.ts'
import { fixedCredentials } from './fixed-credentials.ts'
import type { HttpsAnswer, HttpsClient } from './https-client.ts'
import { OnboardingRefused } from './onboarding-refused.ts'

/** Entra's number for "the assertion is not within its valid time range". */
const ASSERTION_OUT_OF_TIME = 700024

/** Numbers of an `invalid_client` that the next assertion does not meet: a clock, an assertion that came twice. */
const PASSING_CODES: readonly unknown[] = [ASSERTION_OUT_OF_TIME, 50013]

/** The machine has no such user-assigned identity any more, but its own and the others as before. */
const IDENTITY_UNASSIGNED = 501051

/**
 * OAuth errors that are definite, and for what. Everything else may pass: it clears nothing, so that a broken
 * proxy or a mistaken answer takes no good token away.
 */
const DEFINITE: ReadonlyMap<unknown, SourceFailure> = new Map([
  ['invalid_client', 'refused'],
  ['unauthorized_client', 'refused'],
  ['invalid_tenant', 'refused'],
  ['invalid_resource', 'resource_refused'],
  ['invalid_scope', 'resource_refused'],
  ['invalid_target', 'resource_refused'],
  ['access_denied', 'resource_refused'],
])

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
  return new ControlPlaneSource(options)
}

class ControlPlaneSource implements TokenSource {
  readonly #options: CredentialSourceOptions
  #https: Promise<HttpsClient> | undefined
  #tokenEndpoint: string | undefined

  constructor(options: CredentialSourceOptions) {
    this.#options = options
  }

  async getToken(
    identity: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken> {
    try {
      return await this.#get({ clientId: identity.clientId, audience, signal, traceparent })
    } catch (cause) {
      const error = asSourceError(cause)
      // The endpoint may have moved since, or works again: the next request looks for it anew.
      if (error.failure === 'unavailable') this.#tokenEndpoint = undefined
      throw error
    }
  }

  close(): void {
    this.#https?.then((client) => client.close()).catch(() => {})
  }

  async #get(asked: Omit<Demand, 'credential'>): Promise<SourceToken> {
    const { credentials, clock } = this.#options
    const credential = await credentials.usable(asked.signal)
    const demand = { ...asked, credential }
    try {
      const answer = await this.#ask(demand)
      const isLate = isOutOfTime(answer) && clock.correct(answer)
      const token = readToken(isLate ? await this.#ask(demand) : answer)
      await credentials.proven(credential)
      return token
    } catch (error) {
      const isRefused = error instanceof SourceError && error.failure === 'refused'
      if (!isRefused || !credentials.afterRefusal(credential)) throw error
      return await this.#get(asked)
    }
  }

  async #ask({ clientId, audience, credential, signal, traceparent }: Demand): Promise<HttpsAnswer> {
    const { openHttps, clock } = this.#options
    this.#https ??= openHttps().catch((error) => {
      this.#https = undefined
      throw error
    })
    const client = await this.#https
    this.#tokenEndpoint ??= await this.#discover(client, signal)
    const assertion = credential.sign({ url: this.#tokenEndpoint, nowSeconds: clock.nowSeconds() })
    const form = clientCredentialsForm({ clientId, audience, assertion })
    const headers = traceparent === undefined ? {} : { [TRACEPARENT_HEADER]: traceparent }
    return client.send(this.#tokenEndpoint, { form, signal, headers })
  }

  async #discover(client: HttpsClient, signal: AbortSignal): Promise<string> {
    const url = `${this.#options.authority}/v2.0/.well-known/openid-configuration`
    const { status, body } = await client.send(url, { signal })
    const endpoint = body?.token_endpoint
    if (status === 200 && typeof endpoint === 'string' && endpoint.startsWith('https://')) return endpoint
    throw new SourceError('unavailable', `"${url}" answered ${status} and no token endpoint`)
  }
}

interface Demand {
  clientId: string
  audience: string
  credential: Credential
  signal: AbortSignal
  traceparent: string | undefined
}

function asSourceError(cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause
  if (cause instanceof OnboardingRefused)
    return new SourceError('refused', cause.message, { cause, reason: cause })
  return new SourceError('unavailable', String(cause), { cause })
}

function isOutOfTime({ body }: HttpsAnswer): boolean {
  return codesOf(body).includes(ASSERTION_OUT_OF_TIME)
}

function codesOf(body: HttpsAnswer['body']): readonly unknown[] {
  return Array.isArray(body?.error_codes) ? body.error_codes : []
}

function readToken(answer: HttpsAnswer): SourceToken {
  const { status, body } = answer
  const accessToken = body?.access_token
  const expiresInSeconds = Math.floor(Number(body?.expires_in))
  const hasLife = Number.isSafeInteger(expiresInSeconds) && expiresInSeconds > 0
  if (status === 200 && typeof accessToken === 'string' && accessToken !== '' && hasLife) {
    return { accessToken, expiresInSeconds }
  }
  throw describeRefusal(answer)
}

function describeRefusal(answer: HttpsAnswer): SourceError {
  const { status, body, headers } = answer
  const message = `the authority answered ${status}: ${body?.error_description ?? body?.error ?? 'nothing that makes sense'}`
  const seconds = Number(headers['retry-after'])
  const retry = seconds > 0 ? { retryAfterSeconds: Math.ceil(seconds) } : {}
  if (status === 429) return new SourceError('throttled', message, retry)
  const passes = codesOf(body).some((code) => PASSING_CODES.includes(code))
  if (status < 400 || status >= 500 || passes) return new SourceError('unavailable', message, retry)
  if (codesOf(body).includes(IDENTITY_UNASSIGNED)) return new SourceError('unassigned', message)
  return new SourceError(DEFINITE.get(body?.error) ?? 'unavailable', message, retry)
}

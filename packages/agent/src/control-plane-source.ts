/**
 * Tokens from a control plane: OAuth 2.0 client credentials with the machine's signed assertion.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see docs/protocol.md#upstream
 * @module
 */

import { clientCredentialsForm } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { SignAssertion } from './assertion.ts'
import type { HttpsAnswer, HttpsClient } from './https-client.ts'
import type { Registration } from './registration.ts'
import { SourceError, type SourceFailure, type SourceToken, type TokenSource } from './source.ts'

/** Entra's number for "the assertion is not within its valid time range". */
const ASSERTION_OUT_OF_TIME = 700024

/** Numbers of an `invalid_client` that the next assertion does not meet: a clock, an assertion that came twice. */
const PASSING_CODES: readonly unknown[] = [ASSERTION_OUT_OF_TIME, 50013]

/** A clock is corrected when it differs from the authority's by more than this. */
const CLOCK_TOLERANCE_SECONDS = 30

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
  return new ControlPlaneSource(options.registration, options.now ?? Date.now, options.log)
}

interface Upstream {
  client: HttpsClient
  sign: SignAssertion
}

class ControlPlaneSource implements TokenSource {
  readonly #registration: Registration
  readonly #now: () => number
  readonly #log: Logger | undefined
  #upstream: Promise<Upstream> | undefined
  #tokenEndpoint: string | undefined
  /** What is added to this machine's clock to get the authority's. */
  #clockOffsetSeconds = 0

  constructor(registration: Registration, now: () => number, log: Logger | undefined) {
    this.#registration = registration
    this.#now = now
    this.#log = log
  }

  async getToken(_identity: unknown, resource: string, signal: AbortSignal): Promise<SourceToken> {
    try {
      const answer = await this.#ask(resource, signal)
      if (!isOutOfTime(answer) || !this.#correctClock(answer)) return readToken(answer)
      return readToken(await this.#ask(resource, signal))
    } catch (cause) {
      const error =
        cause instanceof SourceError ? cause : new SourceError('unavailable', String(cause), { cause })
      // Whatever did not work may have moved, or been mended: it is looked for anew next time.
      if (error.failure === 'unavailable') this.#tokenEndpoint = undefined
      throw error
    }
  }

  close(): void {
    this.#upstream?.then(({ client }) => client.close()).catch(() => {})
  }

  async #ask(resource: string, signal: AbortSignal): Promise<HttpsAnswer> {
    this.#upstream ??= this.#open().catch((error) => {
      this.#upstream = undefined
      throw error
    })
    const { client, sign } = await this.#upstream
    this.#tokenEndpoint ??= await this.#discover(client, signal)
    const nowSeconds = Math.floor(this.#now() / 1000) + this.#clockOffsetSeconds
    const { clientId } = this.#registration.identity
    const assertion = sign({ url: this.#tokenEndpoint, nowSeconds })
    const form = clientCredentialsForm({ clientId, resource, assertion })
    return client.send(this.#tokenEndpoint, { form, signal })
  }

  /** TLS is loaded with the first request: an agent that waits needs no memory for it. */
  async #open(): Promise<Upstream> {
    const [{ createHttpsClient }, { createAssertionSigner }] = await Promise.all([
      import('./https-client.ts'),
      import('./assertion.ts'),
    ])
    const { ca, certificate, identity, privateKey } = this.#registration
    return {
      client: createHttpsClient(ca),
      sign: createAssertionSigner({ clientId: identity.clientId, privateKey, certificate }),
    }
  }

  async #discover(client: HttpsClient, signal: AbortSignal): Promise<string> {
    const url = `${this.#registration.authority}/v2.0/.well-known/openid-configuration`
    const { status, body } = await client.send(url, { signal })
    const endpoint = body?.token_endpoint
    if (status === 200 && typeof endpoint === 'string' && endpoint.startsWith('https://')) return endpoint
    throw new SourceError('unavailable', `"${url}" answered ${status} and no token endpoint`)
  }

  /** Takes the authority's clock from its answer; false if the clocks agree, so that the clock is not to blame. */
  #correctClock({ headers }: HttpsAnswer): boolean {
    const date = Date.parse(String(headers.date))
    if (Number.isNaN(date)) return false
    const offset = Math.round((date - this.#now()) / 1000)
    if (Math.abs(offset - this.#clockOffsetSeconds) <= CLOCK_TOLERANCE_SECONDS) return false
    this.#clockOffsetSeconds = offset
    this.#log?.warn({ offsetSeconds: offset }, 'the clock of this machine differs from that of its authority')
    return true
  }
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
  return new SourceError(DEFINITE.get(body?.error) ?? 'unavailable', message, retry)
}

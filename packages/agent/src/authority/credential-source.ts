/**
 * Tokens by OAuth 2.0 client credentials with a signed assertion: what is the same at a control plane and at Entra ID.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @module
 */

import { clientCredentialsForm, type Identity, TRACEPARENT_HEADER } from '@landfast/protocol'
import { SourceError, type SourceToken, type TokenSource } from '../tokens/source.ts'
import type { AuthorityClock } from './authority-clock.ts'
import type { Credential, Credentials } from './credential.ts'
import type { HttpsAnswer, HttpsClient } from './https-client.ts'
import { OnboardingRefused } from './onboarding-refused.ts'

/** Entra's number for "the assertion is not within its valid time range". */
export const ASSERTION_OUT_OF_TIME = 700024

/** In what authorities differ. */
export interface AuthorityKind {
  /** Where tokens are; asked again after an answer that makes no sense. */
  tokenEndpoint(client: HttpsClient, signal: AbortSignal): Promise<string>
  /** Why an answer brings no token. */
  explain(answer: HttpsAnswer): SourceError
}

/** What a source is made of. */
export interface CredentialSourceParts {
  kind: AuthorityKind
  openHttps: () => Promise<HttpsClient>
  credentials: Credentials
  clock: AuthorityClock
}

/** One request, before there is a credential for it. */
interface Demand {
  clientId: string
  audience: string
  signal: AbortSignal
  traceparent: string | undefined
}

/** A source of tokens for who has these credentials. Nothing is sent before the first token is asked for. */
export class CredentialSource implements TokenSource {
  readonly #parts: CredentialSourceParts
  #https: Promise<HttpsClient> | undefined
  #tokenEndpoint: string | undefined

  constructor(parts: CredentialSourceParts) {
    this.#parts = parts
  }

  async getToken(
    { clientId }: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken> {
    try {
      return await this.#get({ clientId, audience, signal, traceparent })
    } catch (cause) {
      const error = sourceErrorOf(cause)
      // The endpoint may have moved since, or works again: the next request looks for it anew.
      if (error.failure === 'unavailable') this.#tokenEndpoint = undefined
      throw error
    }
  }

  close(): void {
    this.#https?.then((client) => client.close()).catch(() => {})
  }

  async #get(demand: Demand): Promise<SourceToken> {
    const { credentials, clock } = this.#parts
    const credential = await credentials.usable(demand.signal)
    try {
      const answer = await this.#ask(demand, credential)
      const isLate = isOutOfTime(answer) && clock.correct(answer)
      const token = this.#read(isLate ? await this.#ask(demand, credential) : answer)
      await credentials.proven(credential)
      return token
    } catch (error) {
      if (!mayBeTheKey(error) || !credentials.afterRefusal(credential)) throw error
      return await this.#get(demand)
    }
  }

  async #ask(
    { clientId, audience, signal, traceparent }: Demand,
    credential: Credential,
  ): Promise<HttpsAnswer> {
    const { kind, clock } = this.#parts
    const client = await this.#client()
    this.#tokenEndpoint ??= await kind.tokenEndpoint(client, signal)
    const assertion = credential.sign({ url: this.#tokenEndpoint, nowSeconds: clock.nowSeconds() })
    const form = clientCredentialsForm({ clientId, audience, assertion })
    const headers = traceparent === undefined ? {} : { [TRACEPARENT_HEADER]: traceparent }
    return client.send(this.#tokenEndpoint, { form, signal, headers })
  }

  #client(): Promise<HttpsClient> {
    this.#https ??= this.#parts.openHttps().catch((error) => {
      this.#https = undefined
      throw error
    })
    return this.#https
  }

  #read(answer: HttpsAnswer): SourceToken {
    const { status, body } = answer
    const accessToken = body?.access_token
    const expiresInSeconds = Math.floor(Number(body?.expires_in))
    const hasLife = Number.isSafeInteger(expiresInSeconds) && expiresInSeconds > 0
    if (status === 200 && typeof accessToken === 'string' && accessToken !== '' && hasLife) {
      return { accessToken, expiresInSeconds }
    }
    throw this.#parts.kind.explain(answer)
  }
}

/** Entra's numbers in an answer. */
export function codesOf(body: HttpsAnswer['body']): readonly unknown[] {
  return Array.isArray(body?.error_codes) ? body.error_codes : []
}

function isOutOfTime({ body }: HttpsAnswer): boolean {
  return codesOf(body).includes(ASSERTION_OUT_OF_TIME)
}

function mayBeTheKey(error: unknown): boolean {
  return error instanceof SourceError && (error.failure === 'refused' || error.isKeyRefused)
}

function sourceErrorOf(cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause
  if (cause instanceof OnboardingRefused)
    return new SourceError('refused', cause.message, { cause, reason: cause })
  return new SourceError('unavailable', String(cause), { cause })
}

/**
 * The OpenID provider of the company, asked by the authorization code flow with PKCE. It is reached as every foreign issuer is,
 * so the rules for addresses, CAs and proxies are the same, and no redirect is followed.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
 * @see https://datatracker.ietf.org/doc/html/rfc9700
 * @module
 */

import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  type ClientMetadata,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  clockSkew,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
} from 'openid-client'
import { FederationError } from '../../federation/federation-error.ts'
import { discoveryUrl, mismatchOf } from '../../federation/issuer-documents.ts'
import { askIssuer, fetchDocument } from '../../federation/issuer-request.ts'
import type { WayParts } from '../../federation/issuer-way.ts'
import type { PortalProvider } from '../../registry/people/portal-provider.ts'
import type { Flow } from './flow.ts'
import { OpenIdFailure } from './openid-failure.ts'
import type { IdClaims } from './person.ts'

/** What it is asked with. */
export interface ProviderParts {
  provider: PortalProvider
  reach: Omit<WayParts, 'signal'>
  /** Where the provider sends people back to. */
  redirectUri: () => string
  now: () => Date
}

/** The provider. Its methods throw an {@link OpenIdFailure}. */
export interface OpenIdProvider {
  /** Where a person goes to sign in. */
  signInUrl(flow: Flow): Promise<string>
  /** The claims of the ID token that the answer in `query` leads to. */
  finish(query: string, flow: Flow): Promise<IdClaims>
}

/** An answer to one request must be there by then; a person waits for it. */
const ANSWER_MILLISECONDS = 5_000

const FRESH_MILLISECONDS = 3_600_000

/** How RFC 6749 and OpenID Connect write what was wrong. */
const WORD = /^[a-z_]{1,60}$/

/** So often at most a provider that fails is asked who it is. */
const FAILED_MILLISECONDS = 10_000

/** The provider that `parts` describe. */
export function createOpenIdProvider(parts: ProviderParts): OpenIdProvider {
  const { provider, redirectUri } = parts
  const metadata = keeper(() => discover(parts), parts.now)
  return {
    signInUrl: async ({ state, nonce, verifier }) => {
      const url = buildAuthorizationUrl(configurationOf(await metadata(), parts), {
        redirect_uri: redirectUri(),
        scope: provider.scopes.join(' '),
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...{ state, nonce },
      })
      return url.href
    },
    finish: async (query, { state, nonce, verifier }) => {
      const configuration = configurationOf(await metadata(), parts)
      enableNonRepudiationChecks(configuration)
      const answer = new URL(redirectUri() + query)
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
      const tokens = await authorizationCodeGrant(configuration, answer, checks).catch(refuse)
      return tokens.claims() ?? {}
    },
  }
}

/** What the discovery document says. @throws {OpenIdFailure} `openid_unavailable` or `openid_answer_wrong`. */
async function discover({ provider: { issuer }, reach }: ProviderParts): Promise<ServerMetadata> {
  const signal = AbortSignal.timeout(ANSWER_MILLISECONDS)
  const document = await fetchDocument(discoveryUrl(issuer), { ...reach, signal }).catch(refuse)
  const metadata = document as ServerMetadata
  if (metadata?.issuer !== issuer) {
    const differing = mismatchOf(metadata?.issuer, issuer)
    throw new OpenIdFailure(
      'openid_answer_wrong',
      `its discovery document is of another issuer: ${differing}`,
    )
  }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    if (URL.parse(String(metadata[name]))?.protocol === 'https:') continue
    throw new OpenIdFailure(
      'openid_answer_wrong',
      `its discovery document must give an https URL as "${name}"`,
    )
  }
  return metadata
}

/** Made anew for each sign-in, since the clock of the control plane may have been set since the last one. */
function configurationOf(
  metadata: ServerMetadata,
  { provider: { clientId, clientSecret }, reach, now }: ProviderParts,
): Configuration {
  const client: Partial<ClientMetadata> = {
    [clockSkew]: Math.round((now().getTime() - Date.now()) / 1000),
    [clockTolerance]: CLOCK_SKEW_SECONDS,
  }
  const configuration = new Configuration(metadata, clientId, client, proofOf(clientSecret, metadata))
  configuration[customFetch] = (url, { method, headers, body }) => ask(url, { method, headers, body }, reach)
  return configuration
}

/** In the header, which every provider has to take, unless this one says that it does not. */
function proofOf(secret: string | undefined, metadata: ServerMetadata): ClientAuth {
  if (secret === undefined) return None()
  const methods = metadata.token_endpoint_auth_methods_supported
  const isHeaderTaken = !Array.isArray(methods) || methods.includes('client_secret_basic')
  return isHeaderTaken ? ClientSecretBasic(secret) : ClientSecretPost(secret)
}

/** Statuses whose answers have no body. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304]

async function ask(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: unknown },
  reach: Omit<WayParts, 'signal'>,
): Promise<Response> {
  const text = body === undefined || body === null ? undefined : String(body)
  const way = { ...reach, signal: AbortSignal.timeout(ANSWER_MILLISECONDS) }
  const answer = await askIssuer(new URL(url), { method, headers, body: text }, way)
  const { status, contentType = '' } = answer
  if (status >= 500) throw new FederationError('issuer_status', { detail: String(status) })
  return new Response(WITHOUT_BODY.includes(status) ? null : new Uint8Array(answer.body), {
    status,
    headers: { 'Content-Type': contentType },
  })
}

/** Why something went wrong. Of the library's own words only the sentence is kept: beside it stand tokens and claims. */
function refuse(error: unknown): never {
  const federation = [error, (error as Error).cause].find((one) => one instanceof FederationError)
  if (federation) throw new OpenIdFailure('openid_unavailable', `${federation.code}: ${federation.message}`)
  if (error instanceof AuthorizationResponseError) {
    // Whoever is asked to write it might write anything.
    const word = WORD.test(error.error) ? error.error : undefined
    throw new OpenIdFailure('openid_refused', word ?? 'no word that is one of an error', { word })
  }
  throw new OpenIdFailure('openid_answer_wrong', sentencesOf(error))
}

function sentencesOf(error: unknown): string {
  const { message, error: answered, cause } = error as Error & { error?: unknown }
  const inner = isLibrarys(cause) ? cause.message : undefined
  const word = typeof answered === 'string' && WORD.test(answered) ? answered : undefined
  const parts = [message, inner, word]
  return parts.filter(Boolean).join(': ')
}

/** The words of a parser, which may stand below, quote what it could not read. */
function isLibrarys(cause: unknown): cause is Error {
  return cause instanceof Error && String((cause as { code?: unknown }).code).startsWith('OAUTH_')
}

/** Keeps what `fetch` resolves to for an hour, and a failure for some seconds; who comes meanwhile waits for the same answer. */
function keeper<T>(fetch: () => Promise<T>, now: () => Date): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined
  return () => {
    const time = now().getTime()
    if (kept && time < kept.until && kept.until - time <= FRESH_MILLISECONDS) return kept.answer
    const answer = fetch()
    const mine = { answer, until: time + FRESH_MILLISECONDS }
    kept = mine
    answer.catch(() => {
      mine.until = now().getTime() + FAILED_MILLISECONDS
    })
    return answer
  }
}

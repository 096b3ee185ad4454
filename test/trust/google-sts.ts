/**
 * A double of Google's token exchange, which nobody emulates: it takes a token only if the key set of our discovery
 * document verifies it, and issuer, audience and subject are those that were registered. Each rule names its source.
 *
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * @see https://www.rfc-editor.org/rfc/rfc8693
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'

/** What the pool's provider is told of us. */
export interface Provider {
  /** `https://HOST[:PORT]/{tenant}`, below which the discovery document is. */
  authority: string
  /** PEM, by which the authority is known. */
  ca: string
  /** The provider's full name, with which every exchange begins. */
  name: string
  /** What `aud` may be, besides the name. */
  allowedAudiences: readonly string[]
  /** The only subject that a role is bound to. */
  subject: string
}

/** A running double. */
export interface StsDouble {
  /** What stands for `https://sts.googleapis.com/v1/token`. */
  tokenUrl: string
  /** What was exchanged: the outcome of each. */
  outcomes: string[]
  /** Milliseconds that its clock is ahead. */
  ahead: number
  provider: Provider
  close(): void
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Google takes these two alone. */
const ALGORITHMS = ['RS256', 'ES256']

/** From `iat` to `exp`. */
const LIFETIME_MAX_SECONDS = 86_400

class Refusal extends Error {
  readonly error: string
  constructor(error: string, description: string) {
    super(description)
    this.error = error
  }
}

/** Starts one on loopback. */
export async function startStsDouble(provider: Provider): Promise<StsDouble> {
  const server = createServer()
  const double: StsDouble = {
    tokenUrl: '',
    outcomes: [],
    ahead: 0,
    provider,
    close: () => server.close(),
  }
  server.on('request', (incoming, outgoing) => {
    exchange(incoming, double).then(
      (answer) => {
        double.outcomes.push('exchanged')
        outgoing.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
      },
      (error: Refusal) => {
        double.outcomes.push(error.message)
        const body = { error: error.error ?? 'invalid_request', error_description: error.message }
        outgoing.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
      },
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  double.tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/token`
  return double
}

async function exchange(incoming: IncomingMessage, { provider, ahead }: StsDouble): Promise<object> {
  const form = new URLSearchParams(await text(incoming))
  const wanted = { grant_type: EXCHANGE, requested_token_type: ACCESS_TOKEN, subject_token_type: JWT }
  for (const [name, value] of Object.entries({ ...wanted, audience: provider.name })) {
    if (form.get(name) !== value) throw new Refusal('invalid_request', `invalid ${name}`)
  }
  if (!form.get('scope')) throw new Refusal('invalid_request', 'scope is missing')
  const subject = await verify(form.get('subject_token') ?? '', provider, new Date(Date.now() + ahead))
  return {
    access_token: `google-for-${subject}`,
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: 3600,
  }
}

async function verify(token: string, provider: Provider, currentDate: Date): Promise<string> {
  const { issuer, jwks_uri } = await fetchJson(
    `${provider.authority}/.well-known/openid-configuration`,
    provider.ca,
  )
  const keys = createLocalJWKSet((await fetchJson(String(jwks_uri), provider.ca)) as unknown as JSONWebKeySet)
  const audience = [provider.name, `https:${provider.name}`, ...provider.allowedAudiences]
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: String(issuer),
    audience,
    currentDate,
    requiredClaims: ['iat', 'exp', 'sub'],
  }).catch((error: Error & { code?: string; claim?: string }) => {
    throw new Refusal('invalid_grant', [error.code, error.claim].filter(Boolean).join(' '))
  })
  const { iat = 0, exp = 0, sub = '' } = payload
  if (exp - iat > LIFETIME_MAX_SECONDS) throw new Refusal('invalid_grant', 'it is good for more than a day')
  // The real service exchanges it, and then no role is bound to its subject.
  if (sub !== provider.subject) throw new Refusal('access_denied', 'another subject')
  return sub
}

async function fetchJson(url: string, ca: string): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get(url, { ca }, resolve).on('error', reject)
  return JSON.parse(await text(await promise))
}

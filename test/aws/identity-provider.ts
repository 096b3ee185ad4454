/**
 * What AWS knows of an OpenID Connect provider that an account trusts, and how it judges a token of it: the keys come by the
 * issuer's discovery document.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
 * @module
 */

import { get } from 'node:https'
import { json } from 'node:stream/consumers'
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose'

/** A provider of an account. */
export interface IdentityProvider {
  issuer: string
  /** By which the issuer is known, in place of the public CAs. */
  ca: string
  /** The client ids of the provider: the audiences that it lists. */
  audiences: readonly string[]
}

/** A refusal, with AWS's status and code. */
export class StsRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** AWS takes a token for so long after its end (what operators of it report). */
const TOLERANCE_SECONDS = 300

/**
 * The claims of `token`, if the provider vouches for it.
 *
 * @throws {StsRefusal}
 */
export async function judgeToken(
  token: string,
  provider: IdentityProvider,
  now: Date,
): Promise<{ sub: string; aud: string }> {
  const { iss, aud, azp } = readClaims(token)
  if (iss !== provider.issuer) {
    throw invalid(`No OpenIDConnect provider found in your account for ${String(iss)}`)
  }
  // A token with "azp" is judged by that (aws/aws-sdk-net#3071).
  const audience = String(azp ?? aud)
  if (!provider.audiences.includes(audience)) throw invalid('Incorrect token audience')
  const keys = await keysOf(provider)
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: provider.issuer,
      algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: now,
    })
    return { sub: String(payload.sub), aud: audience }
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new StsRefusal(400, 'ExpiredTokenException', 'Token expired: current date/time is after its end')
    }
    throw invalid("Couldn't retrieve verification key from your identity provider")
  }
}

function readClaims(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token)
  } catch {
    throw invalid('The ID Token provided is not a valid JWT')
  }
}

function invalid(message: string): StsRefusal {
  return new StsRefusal(400, 'InvalidIdentityToken', message)
}

/** What AWS wants to see there (id_roles_providers_create_oidc). */
async function keysOf({ issuer, ca }: IdentityProvider): Promise<JSONWebKeySet> {
  const document = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, ca)
  for (const name of [
    'jwks_uri',
    'response_types_supported',
    'subject_types_supported',
    'claims_supported',
  ]) {
    if (document[name] === undefined) throw invalid(`the discovery document has no "${name}"`)
  }
  if (document.issuer !== issuer) throw invalid('the discovery document is of another issuer')
  return (await read(String(document.jwks_uri), ca)) as unknown as JSONWebKeySet
}

function read(url: string, ca: string): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
  get(url, { ca, agent: false }, (response) => {
    json(response).then((value) => resolve(value as Record<string, unknown>), reject)
  }).on('error', reject)
  return promise.catch(() => {
    throw new StsRefusal(400, 'IDPCommunicationError', 'The identity provider did not answer')
  })
}

/**
 * Finds the caller of the Resource Manager: the principal of a bearer token that this control plane issued for it, or of a
 * ticket of the portal.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @module
 */

import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Kysely } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { Caller } from '../arm/arm-route.ts'
import { type AuthorityNames, issuerOf } from '../authority/endpoints.ts'
import type { Schema } from '../storage/schema.ts'
import type { Tickets } from './tickets.ts'

/** The public part of a key that signs tokens, as it is published. */
export type PublicJwk = { kty: 'RSA'; n: string; e: string }

/** What callers are found with. */
export interface CallerParts {
  db: Kysely<Schema>
  names: AuthorityNames
  /** What the portal asks by in the name of who is signed in. Default: nobody is. */
  tickets?: Pick<Tickets, 'redeem'>
  /** The key with this name among those that are published now. */
  findKey(kid: string): PublicJwk | undefined | Promise<PublicJwk | undefined>
  now: () => Date
}

/** Finds the caller of a request. */
export interface Callers {
  /** @throws {ArmError} with status 401. */
  authenticate(request: { headers: { authorization?: string | undefined } }): Promise<Caller>
}

/** What Azure's own clients ask tokens for. */
const AZURE_AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'] as const

/** Finds callers by tokens of the authority that `names` describes. */
export function createCallers(parts: CallerParts): Callers {
  const findKey = keyFinder(parts)
  return {
    authenticate: async ({ headers }) => {
      const principalId = parts.tickets?.redeem(headers.authorization)
      if (principalId !== undefined) return signedInCaller(parts, principalId)
      return enabledCaller(parts, await verify(parts, findKey, tokenOf(headers.authorization)))
    },
  }
}

/** What a 401 tells a client about where to get a token, as ARM writes it. */
export function challengeOf(names: AuthorityNames, { message }: ArmError): string {
  const { origin, tenantId } = names
  return `Bearer authorization="${origin}/${tenantId}", error="invalid_token", error_description="${message}"`
}

function tokenOf(header: string | undefined): string {
  if (header === undefined) throw new ArmError('AuthenticationFailed')
  const [, token] = /^Bearer +(\S+)$/i.exec(header) ?? []
  if (!token) throw new ArmError('InvalidAuthenticationToken')
  return token
}

function keyFinder({ findKey }: CallerParts): JWTVerifyGetKey {
  return async ({ kid }) => {
    const key = kid === undefined ? undefined : await findKey(kid)
    if (!key) throw new ArmError('InvalidAuthenticationToken')
    return { ...key, alg: 'RS256' }
  }
}

/** The origin is known only once the server listens, so the audiences are put together with each request. */
function audiencesOf({ origin }: AuthorityNames): string[] {
  return [...AZURE_AUDIENCES, origin].flatMap((audience) => [audience, `${audience}/`])
}

/** What a token says, and the key that signed it. */
interface VerifiedToken {
  claims: JWTPayload
  kid: string | undefined
}

async function verify(parts: CallerParts, findKey: JWTVerifyGetKey, token: string): Promise<VerifiedToken> {
  const { names } = parts
  const now = parts.now()
  try {
    const { payload, protectedHeader } = await jwtVerify(token, findKey, {
      algorithms: ['RS256'],
      issuer: [names.issuerV1, issuerOf(names, 'v2')],
      audience: audiencesOf(names),
      requiredClaims: ['exp', 'oid'],
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: now,
    })
    return { claims: payload, kid: protectedHeader.kid }
  } catch (error) {
    throw refusalOf(error, { names, now })
  }
}

/** The signature was right where one of the first two comes, so that they reveal nothing to a forger. */
function refusalOf(cause: unknown, { names, now }: { names: AuthorityNames; now: Date }): unknown {
  if (cause instanceof errors.JWTExpired) {
    const expiry = new Date((cause.payload.exp ?? 0) * 1000).toISOString()
    return new ArmError('ExpiredAuthenticationToken', { expiry, now: now.toISOString(), cause })
  }
  if (cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'aud') {
    const audiences = audiencesOf(names).join(',')
    return new ArmError('InvalidAuthenticationTokenAudience', { audiences, cause })
  }
  if (cause instanceof errors.JOSEError) return new ArmError('InvalidAuthenticationToken', { cause })
  return cause
}

/** A token outlives its principal, and its key may be withdrawn at another replica: each request looks for both. */
async function enabledCaller(
  { db, names }: CallerParts,
  { claims, kid = '' }: VerifiedToken,
): Promise<Caller> {
  const { oid, tid, appid, azp, exp = 0 } = claims
  if (typeof oid !== 'string' || tid !== names.tenantId) throw new ArmError('InvalidAuthenticationToken')
  const principal = await db
    .selectFrom('principal')
    .innerJoin('signing_key', (join) => join.on('kid', '=', kid))
    .select(['client_id', 'kind', 'state'])
    .where('id', '=', oid)
    .executeTakeFirst()
  if (principal?.state !== 'enabled' || principal.client_id !== (appid ?? azp)) {
    throw new ArmError('InvalidAuthenticationToken')
  }
  const { client_id: clientId, kind } = principal
  return { principalId: oid, clientId, kind, tokenEndsAt: new Date(exp * 1000) }
}

/** A session outlives its principal too. */
async function signedInCaller({ db }: CallerParts, principalId: string): Promise<Caller> {
  const principal = await db
    .selectFrom('principal')
    .select(['client_id', 'kind', 'state'])
    .where('id', '=', principalId)
    .executeTakeFirst()
  if (principal?.state !== 'enabled') throw new ArmError('InvalidAuthenticationToken')
  return { principalId, clientId: principal.client_id, kind: principal.kind }
}

/**
 * What wrong credentials are answered with: each is looked at and refused, and where very many came from one address the
 * refusal says how long to wait. So no number of wrong ones keeps a right one from being served.
 *
 * Only what proves nothing counts. Who signed rightly but comes too late, or with a key that was revoked, is told just that:
 * a machine acts on it.
 *
 * @see ../../../../docs/control-plane.md#limits
 * @module
 */

import type { FastifyRequest } from 'fastify'
import { ArmRefusal } from '../arm/arm-error.ts'
import { AuthorityError, type AuthorityErrorCode } from '../authority/authority-error.ts'
import { readBasicAuthorization } from '../authority/basic-authorization.ts'
import { readGuid } from '../guid.ts'
import type { Claimant, RequestLimits } from '../limits/request-limits.ts'
import { TooManyRequests } from '../limits/too-many-requests.ts'

/** The refusals of the token endpoint after which nothing is proven. */
const WRONG_AT_AUTHORITY: ReadonlySet<AuthorityErrorCode> = new Set([
  'authorization_malformed',
  'client_id_malformed',
  'secret_wrong',
  'assertion_malformed',
  'client_mismatch',
  'signature_invalid',
  'federation_unmatched',
  'federation_malformed',
])

/** The same in Resource Manager's form: a bearer token, a machine's assertion, a join token. */
const WRONG_IN_ARM_FORM: ReadonlySet<string> = new Set([
  'InvalidAuthenticationToken',
  'AssertionRefused',
  'JoinTokenRefused',
])

/** What a request is answered with that ended by `error`. To be asked once a request, since it counts. */
export type WeighRefusal = (error: Error, request: FastifyRequest) => Error

/** Counts wrong credentials in `limits`. */
export function createRefusalWeighing(limits: Pick<RequestLimits, 'wrong'>, now: () => Date): WeighRefusal {
  return (error, request) => {
    if (!isWrongCredential(error)) return error
    const wait = limits.wrong(claimantOf(request), now())
    return wait === 0 ? error : new TooManyRequests(wait, { cause: error })
  }
}

function isWrongCredential(error: unknown): boolean {
  if (error instanceof AuthorityError) return WRONG_AT_AUTHORITY.has(error.code)
  return error instanceof ArmRefusal && WRONG_IN_ARM_FORM.has(error.code)
}

function claimantOf({ ip, body, headers }: FastifyRequest): Claimant {
  const clientId = clientIdOf(body) ?? clientIdIn(headers.authorization)
  return { address: ip, clientId }
}

/** The client in `Authorization: Basic`. A header that is malformed is for the authority to refuse. */
function clientIdIn(authorization: string | undefined): string | undefined {
  try {
    return readGuid(readBasicAuthorization(authorization)?.clientId)
  } catch {
    return undefined
  }
}

/** What a form or a JSON body says. What is no client id is not remembered, however long it is. */
function clientIdOf(body: unknown): string | undefined {
  const { client_id } = (body ?? {}) as { client_id?: unknown }
  return readGuid(client_id)
}

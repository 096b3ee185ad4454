/**
 * Puts the limits on the routes: a request with a credential is refused if too many wrong ones came from its address.
 *
 * @module
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ArmRefusal } from '../arm/arm-error.ts'
import type { Authority } from '../authority/authority.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import { readBasicAuthorization } from '../authority/basic-authorization.ts'
import { readGuid } from '../guid.ts'
import type { Claimant, RequestLimits } from '../limits/request-limits.ts'
import { refuseIfEarly } from '../limits/too-many-requests.ts'

/** The refusals of the token endpoint that mean a wrong credential. */
const WRONG_CREDENTIAL: readonly string[] = ['invalid_client', 'unauthorized_client']

/** Limits every route that is added to `server` from now on. */
export function limitRoutes(server: FastifyInstance, limits: RequestLimits, now: () => Date): void {
  // Before a credential in a header is looked at, and once more when the body says whose it is.
  for (const stage of ['onRequest', 'preHandler'] as const) {
    server.addHook(stage, async (request: FastifyRequest) => {
      if (bringsCredential(request)) refuseIfEarly(limits.waitSeconds(claimantOf(request), now()))
    })
  }
  server.addHook('onError', async (request, _reply, error) => {
    if (isWrongCredential(error)) limits.wrong(claimantOf(request), now())
  })
}

/** `authority`, with what each client is given counted against it. */
export function limitTokens(authority: Authority, limits: RequestLimits, now: () => Date): Authority {
  return {
    ...authority,
    issueToken: async (request) => {
      const clientId = clientIdOf(request.form) ?? clientIdIn(request.authorization)
      if (clientId !== undefined) refuseIfEarly(limits.callerWaitSeconds(clientId, now()))
      const token = await authority.issueToken(request)
      if (clientId !== undefined) limits.served(clientId, now())
      return token
    },
  }
}

/** Documents and health are for every caller. */
function bringsCredential({ method, headers }: FastifyRequest): boolean {
  return headers.authorization !== undefined || (method !== 'GET' && method !== 'HEAD')
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

function isWrongCredential(error: unknown): boolean {
  if (error instanceof AuthorityError) return WRONG_CREDENTIAL.includes(error.error)
  return error instanceof ArmRefusal && error.status === 401
}

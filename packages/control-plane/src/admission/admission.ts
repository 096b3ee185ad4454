/**
 * Admits a request before its route sees it and before its body is read: finds the caller, then checks api-version,
 * right and subscription.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { RefusalLimit } from '@landfast/server'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { checkApiVersion } from '../arm/api-version.ts'
import { ArmError } from '../arm/arm-error.ts'
import {
  type ArmAction,
  type ArmRequest,
  type ArmRoute,
  type Caller,
  type OpenRequest,
  type OpenRoute,
  scopeOf,
} from '../arm/arm-route.ts'
import { armTrace } from '../arm/arm-trace.ts'
import { checkNames } from '../arm/resource-name.ts'
import { clipText } from '../audit/audit-rows.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import type { Authorization } from '../authorization/authorization.ts'
import { parseScope } from '../authorization/scope.ts'
import { readGuid } from '../guid.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import { refuseIfEarly } from '../limits/too-many-requests.ts'
import type { Storage } from '../storage/storage.ts'
import type { Callers } from './caller.ts'

/** What requests are admitted with. */
export interface AdmissionParts {
  storage: Storage
  callers: Callers
  authorization: Authorization
  limits: RequestLimits
  log: Logger
  now: () => Date
}

/** Lets requests in, or refuses them. */
export interface Admission {
  /** The request to a route that takes no bearer token. @throws {ArmError} if it has another api-version than that. */
  open(route: OpenRoute, request: FastifyRequest): OpenRequest
  /** The request to `route`, if its caller may do what it is for. @throws {ArmError} the refusal. */
  admit(route: ArmRoute, request: FastifyRequest): Promise<ArmRequest>
}

/** Principals and actions whose refusals are counted apart; each principal had to prove itself. */
const COUNTED_MAX = 10_000

/** An admission that keeps what it refuses for want of a right in the audit trail. */
export function createAdmission(parts: AdmissionParts): Admission {
  const limit = new RefusalLimit(() => parts.now().getTime(), { kindsMax: COUNTED_MAX })
  const open = (route: ArmRoute | OpenRoute, request: FastifyRequest) =>
    openRequest(route, request, parts.now())
  return {
    open: (route, request) => auditedBy(undefined, open(route, request)),
    admit: async (route, request) => {
      const caller = await parts.callers.authenticate(request)
      refuseIfEarly(parts.limits.callerWaitSeconds(caller.clientId, parts.now()))
      parts.limits.served(caller.clientId, parts.now())
      const known = auditedBy(caller, open(route, request))
      const { subscriptionId } = known.params
      checkNames(known.params)
      if (subscriptionId !== undefined) await checkSubscription(parts.storage, subscriptionId)
      const check = (action: ArmAction, scope: string) =>
        checkOnRecord({ ...parts, limit }, { caller, action, scope, audit: known.audit })
      if (route.action) await check(route.action, scopeOf(route, known.params))
      const allows = (action: ArmAction, scope: string) => parts.authorization.allows(caller, action, scope)
      return { ...known, caller, check, allows }
    },
  }
}

/** What is asked for a right, and who asks. */
interface Question extends Pick<OpenRequest, 'audit'> {
  caller: Caller
  action: ArmAction
  scope: string
}

async function checkOnRecord(
  { authorization, storage, log, limit }: AdmissionParts & { limit: RefusalLimit },
  { caller, action, scope, audit }: Question,
): Promise<void> {
  // Nobody has a right there, and a right is not what is missing.
  if (!parseScope(scope)) throw new ArmError('InvalidResourceId', { id: clipText(scope) })
  if (await authorization.allows(caller, action, scope)) return
  const { clientId, principalId: objectId } = caller
  const refusal = new ArmError('AuthorizationFailed', { clientId, objectId, action, scope })
  const entry = audit(action, { principalId: objectId, resourceId: scope })
  const { correlationId } = entry
  const facts = { correlationId, clientId, principalId: objectId, action, scope: clipText(scope) }
  log.warn(facts, 'request refused for want of a right')
  const suppressed = limit.take(`${objectId} ${refusal.code} ${action}`)
  if (suppressed !== undefined) {
    const refused = { ...entry, outcome: 'refused', code: refusal.code, suppressed } as const
    await storage.change((trx) => recordAudit(trx, [refused]))
  }
  throw refusal
}

function openRequest(
  route: ArmRoute | OpenRoute,
  request: FastifyRequest,
  time: Date,
): Omit<OpenRequest, 'audit'> {
  // PostgreSQL keeps it in no text, so it would be a failure of ours wherever it is looked for.
  if (request.url.includes('%00')) {
    throw new ArmError('InvalidRequestContent', { detail: 'the URL has the character U+0000' })
  }
  const query = queryOf(request.query as Record<string, string | string[]>)
  return {
    apiVersion: checkApiVersion(route, query),
    params: request.params as Record<string, string>,
    query,
    body: undefined,
    headers: request.headers,
    path: request.url.split('?', 1)[0] ?? '',
    time,
    correlationId: armTrace(request).correlationId,
    address: request.ip,
  }
}

function auditedBy(caller: Caller | undefined, request: Omit<OpenRequest, 'audit'>): OpenRequest {
  const { time, correlationId } = request
  return {
    ...request,
    audit: (action, { principalId, resourceId, audience }) => ({
      id: randomUUID(),
      time,
      action,
      outcome: 'done',
      clientId: caller?.clientId,
      correlationId,
      principalId,
      resourceId,
      audience,
    }),
  }
}

/** The names of parameters are matched without case; of one that is given twice the first counts. */
function queryOf(query: Readonly<Record<string, string | string[]>>): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(query)) {
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) values.set(name.toLowerCase(), first)
  }
  return Object.fromEntries(values)
}

async function checkSubscription({ db }: Storage, subscriptionId: string): Promise<void> {
  const id = readGuid(subscriptionId)
  if (!id) throw new ArmError('InvalidSubscriptionId', { subscriptionId })
  const found = await db.selectFrom('subscription').select('id').where('id', '=', id).executeTakeFirst()
  if (!found) throw new ArmError('SubscriptionNotFound', { subscriptionId })
}

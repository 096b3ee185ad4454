/**
 * One request for a token, from the gate to the answer.
 *
 * @see docs/protocol.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  formatTokenAnswer,
  type Identity,
  readTraceparent,
  rowOfVersion,
  type ServedStyleName,
  type ServedToken,
  type TokenAnswer,
  type TokenRequest,
  TRACEPARENT_HEADER,
  WireError,
} from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import { readKey } from '../challenge/challenge.ts'
import type { PresentedKey } from '../challenge/key-ring.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { AskPolicy } from '../policy/admission.ts'
import type { Admission } from '../policy/default-rule.ts'
import type { Asked } from '../policy/facts.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { answerError, answerToken } from './answer.ts'
import type { Decided } from './decided.ts'
import type { DecisionLog } from './decision-log.ts'
import type { RateGate } from './endpoint-rate.ts'
import type { Exchange } from './exchange.ts'
import { readForm } from './form-body.ts'
import type { Gate } from './gate.ts'
import type { MissingIdentities } from './missing-identities.ts'
import type { ReadRequest } from './read-requests.ts'
import { type RefusalParts, refusalOf } from './refusal.ts'
import type { RefusalLog } from './refusal-log.ts'
import {
  type CredentialsAnswer,
  formatCredentials,
  type RoleStation,
  readRoleRequest,
} from './role-station.ts'
import { type MachineIdentities, selectAnew, selectIdentity } from './selected-identity.ts'
import { isUnwanted } from './unwanted-token.ts'

/** Finds who asks: by the connection, or at an endpoint for workloads by the secret of the request. */
export type FindAsker = (socket: Socket, exchange: Exchange) => Promise<Caller>

/** The parts that a request for a token meets, in that order. */
export interface TokenStations extends RefusalParts {
  readonly styleName: ServedStyleName
  readonly gate: Gate
  readonly read: ReadRequest
  readonly findCaller: FindAsker
  /** Decides over callers in styles without another proof. */
  readonly admit: Admission | undefined
  /** Undefined where the endpoint has no rate. */
  readonly rate: ((caller: Caller) => ReturnType<RateGate>) | undefined
  readonly identities: MachineIdentities
  /** Told which identities are selected in vain. */
  readonly missing: Pick<MissingIdentities, 'note'>
  /** Undefined where there is no policy file. */
  readonly policy: AskPolicy | undefined
  /** Throws at what nobody may have without a policy file. */
  readonly guard: ((asked: Asked) => void) | undefined
  readonly tokens: Pick<Tokens, 'get'>
  /** What exchanges the token, in the style whose answer is no token. */
  readonly role?: RoleStation | undefined
  readonly refusals: RefusalLog
  /** Undefined where there is no audit log. */
  readonly decisions: DecisionLog | undefined
  readonly metrics: Metrics
}

/** What is known of a request so far. */
interface Course extends Decided {
  readonly exchange: Exchange
  /** Taken at once: Node takes it away from a request whose connection ends. */
  readonly socket: Socket
  /** The look-up of the caller, once it has begun: there is one a request. */
  search?: Promise<Caller>
  /** Ends what was counted of it by the endpoint's rate. */
  leave?: () => void
}

/** Answers any request. Never rejects. */
export async function handleTokenRequest(stations: TokenStations, exchange: Exchange): Promise<void> {
  const { styleName, metrics } = stations
  const { request, response, startedAt } = exchange
  const trace = readTraceparent(request.headers[TRACEPARENT_HEADER])
  const course: Course = { exchange, socket: request.socket, correlationId: randomUUID(), trace }
  try {
    answerToken(response, await grant(stations, course))
    metrics.request(styleName, 'granted', { startedAt, workload: course.caller?.workload })
  } catch (cause) {
    await refuse(stations, course, cause)
  } finally {
    course.leave?.()
  }
}

async function refuse(stations: TokenStations, course: Course, cause: unknown): Promise<void> {
  const { styleName, metrics, refusals, decisions } = stations
  const { response, startedAt } = course.exchange
  const refusal = refusalOf(stations, course.correlationId, cause)
  const { error } = refusal
  if (error.code === 'identity_not_found' && course.selector) stations.missing.note(course.selector)
  await refusals.refuse({
    ...{ decided: course, error },
    findCaller: () => searchOf(stations, course),
    answer: () => {
      answerError(response, error, refusal)
      metrics.request(styleName, error.code, { startedAt, workload: course.caller?.workload })
    },
  })
  decisions?.write(course, error)
}

/** The answer to the request, or the error of the first station that refuses it. */
async function grant(stations: TokenStations, course: Course): Promise<TokenAnswer | CredentialsAnswer> {
  const { request, target } = course.exchange
  const { keys, identities } = stations
  const style = rowOfVersion(stations.style, target.query)
  stations.gate(request, target)
  const form = request.method === 'POST' ? await readForm(request) : target.query
  const asked = stations.role ? readRoleRequest(stations.role, style, form) : stations.read(style, form)
  const { audience } = asked
  course.audience = audience
  course.selector = asked.selector
  const key = keys && readKey(keys, request.headers.authorization)
  const caller = await searchOf(stations, course)
  course.caller = caller
  if (stations.admit) await stations.admit(caller)
  if (stations.rate) course.leave = stations.rate(caller)
  const identity = await selectIdentity(identities, asked, sharerOf(caller))
  const token = await tokenOf(stations, identity, { asked, caller, course })
  const { role } = stations
  const credentials = role && (await role.credentials.get(course.identity ?? identity, token.accessToken))
  spend(key)
  // Before the answer is sent: after it the caller may be gone.
  stations.decisions?.write(course)
  return credentials ? formatCredentials(credentials) : formatTokenAnswer(asked, token, style.answer)
}

/** A request past the challenge. */
interface Petition {
  readonly asked: TokenRequest
  readonly caller: Caller
  readonly course: Course
}

/**
 * A token of the identity. If the authority says that the machine does not have it, what is known of identities is out of
 * date: another one may have its name by now.
 */
async function tokenOf(
  stations: TokenStations,
  identity: Identity,
  petition: Petition,
): Promise<ServedToken> {
  const { asked, caller } = petition
  try {
    return await permittedToken(stations, identity, petition)
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== 'identity_not_found') throw error
    const now = await selectAnew(stations.identities, asked, sharerOf(caller))
    if (now.clientId === identity.clientId) throw error
    return await permittedToken(stations, now, petition)
  }
}

/** A token of the identity, unless the policy denies it. */
async function permittedToken(
  { styleName, identities, policy, guard, tokens }: TokenStations,
  identity: Identity,
  { asked, caller, course }: Petition,
): Promise<ServedToken> {
  const { audience } = asked
  course.identity = identity
  const isSystem = identity === identities.own && !identity.authority
  const wish = { style: styleName, audience, identity, isSystem, caller }
  guard?.(wish)
  if (policy) await askPolicy(policy, wish, course)
  return await tokens.get(identity, audience, {
    sharer: sharerOf(caller),
    isUnwanted: (accessToken) => isUnwanted(asked, accessToken),
    traceparent: course.trace?.traceparent,
  })
}

/** Between whom places and the cache are shared out. */
function sharerOf({ userId, workload }: Caller): string {
  return workload === undefined ? `user ${userId}` : `workload ${workload}`
}

async function askPolicy(policy: AskPolicy, asked: Asked, course: Course): Promise<void> {
  const { rule, denial } = await policy(asked)
  course.rule = rule
  if (denial) throw denial
}

/** An answer with a token is given once for a key, even if two requests waited with it. */
function spend(key: PresentedKey | undefined): void {
  if (key && !key.spend()) throw new WireError('key_rejected')
}

function searchOf({ findCaller }: TokenStations, course: Course): Promise<Caller> {
  course.search ??= findCaller(course.socket, course.exchange)
  return course.search
}

/**
 * One request on an identity endpoint, from the gate to the answer.
 *
 * @see docs/protocol.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  type AssignedIdentity,
  formatTokenAnswer,
  type Identity,
  parseTarget,
  readTokenRequest,
  type ServedToken,
  type Style,
  type StyleName,
  selects,
  type Target,
  type TokenAnswer,
  type TokenRequest,
  WireError,
} from '@landfast/protocol'
import type { RefusalLimit } from '@landfast/server'
import type { Logger } from 'pino'
import type { Caller, FindCaller } from '../caller/caller.ts'
import { issueChallenge, readKey } from '../challenge/challenge.ts'
import type { Keys, PresentedKey } from '../challenge/key-ring.ts'
import type { Documents } from '../metadata/documents.ts'
import { type AuditLog, NOT_AUDITED } from '../operation/audit.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { AskPolicy } from '../policy/admission.ts'
import type { Admission } from '../policy/default-rule.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { answerError, answerToken } from './answer.ts'
import type { RateGate } from './endpoint-rate.ts'
import { readForm } from './form-body.ts'
import type { Gate } from './gate.ts'
import { isUnwanted } from './unwanted-token.ts'

/** The parts that a request meets, in that order. */
export interface Stations {
  styleName: StyleName
  style: Style
  gate: Gate
  /** What is served beside tokens; undefined in styles without. */
  documents: Documents | undefined
  /** Undefined in styles without key files. */
  keys: Keys | undefined
  findCaller: FindCaller
  /** Decides over callers in styles where nothing else proves that they may ask. */
  admit: Admission | undefined
  /** Decides who may have an attested document, where there are some. */
  attest: Admission | undefined
  /** Undefined where the endpoint answers whatever it can. */
  rate: RateGate | undefined
  /** Undefined where there is no policy file. */
  policy?: AskPolicy | undefined
  /** The machine's own identity. */
  identity: Identity
  /** The user-assigned ones that it has now. */
  assigned: () => readonly AssignedIdentity[]
  tokens: Tokens
  audit: AuditLog | undefined
  refusals: RefusalLimit
  metrics: Metrics
  log: Logger
}

/** What is known of a request so far, for the audit. */
interface Course {
  readonly correlationId: string
  readonly socket: Socket
  caller?: Caller
  request?: TokenRequest
  identity?: Identity
  /** Ends what was counted of it by the endpoint's rate. */
  leave?: () => void
  rule?: string | undefined
}

/** Answers any request. Never rejects. */
export async function handleRequest(
  stations: Stations,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = parseTarget(request.url ?? '')
  if (target.path !== stations.style.path && stations.documents?.find(target.path)) {
    const { handleDocument } = await import('./document-request.ts')
    return await handleDocument(stations, stations.documents, { target, request, response })
  }
  const course: Course = { correlationId: randomUUID(), socket: request.socket }
  try {
    answerToken(response, await decide(stations, { request, target }, course))
    stations.metrics.request(stations.styleName, 'granted')
  } catch (cause) {
    const refusal = asWireError(stations, course, cause)
    if (isAudited(stations, refusal)) await noteCaller(stations, course)
    const error = refuse(stations, response, { course, error: refusal })
    stations.metrics.request(stations.styleName, error.code)
    if (isAudited(stations, error)) {
      await noteCaller(stations, course)
      writeDecision(stations, course, error)
    }
  } finally {
    course.leave?.()
  }
}

async function decide(
  stations: Stations,
  { request, target }: { request: IncomingMessage; target: Target },
  course: Course,
): Promise<TokenAnswer> {
  stations.gate(request, target)
  const { style } = stations
  course.request = readTokenRequest(style, request.method === 'POST' ? await readForm(request) : target.query)
  const key = stations.keys && readKey(stations.keys, request.headers.authorization)
  course.caller = await stations.findCaller(course.socket)
  stations.admit?.(course.caller)
  if (stations.rate) course.leave = stations.rate()
  course.identity = selectIdentity(stations, course.request)
  askPolicy(stations, course)
  const token = await getToken(stations, course.identity, course.request)
  spend(key)
  writeDecision(stations, course, undefined)
  return formatTokenAnswer(course.request, token, style.answer)
}

function getToken({ tokens }: Stations, identity: Identity, request: TokenRequest): Promise<ServedToken> {
  return tokens.get(identity, request.audience, (accessToken) => isUnwanted(request, accessToken))
}

function isAudited({ audit }: Stations, { code }: WireError): boolean {
  return audit !== undefined && !NOT_AUDITED.has(code)
}

/** Looks who is asking before the answer is sent: after it the caller may be gone, and nobody know who it was. */
async function noteCaller(stations: Stations, course: Course): Promise<void> {
  const caller = course.caller ?? (await stations.findCaller(course.socket).catch(() => undefined))
  if (caller) course.caller = caller
}

/** An answer with a token is given once for a key, even if two requests waited with it. */
function spend(key: PresentedKey | undefined): void {
  if (key && !key.spend()) throw new WireError('key_rejected')
}

function selectIdentity({ identity, assigned }: Stations, { selector }: TokenRequest): Identity {
  if (!selector || selects(selector, identity)) return identity
  const { tenantId } = identity
  const found = assigned().find((other) => selects(selector, { tenantId, ...other }))
  if (!found) throw new WireError('identity_not_found', { detail: `(asked by "${selector.name}")` })
  return { tenantId, ...found }
}

function askPolicy({ policy, styleName, identity: own }: Stations, course: Course): void {
  const { caller, request, identity } = course
  if (!policy || !caller || !request || !identity) return
  const asked = { style: styleName, audience: request.audience, identity, isSystem: identity === own, caller }
  const { rule, denial } = policy(asked)
  course.rule = rule
  if (denial) throw denial
}

/** Sends the error, or the one that came up on the way; says which. */
function refuse(
  stations: Stations,
  response: ServerResponse,
  { course, error }: { course: Course; error: WireError },
): WireError {
  const { correlationId } = course
  const { style } = stations
  try {
    const challenge = stations.keys && error.status === 401 ? issueChallenge(stations.keys) : undefined
    answerError(response, error, { correlationId, challenge, style })
    return error
  } catch (cause) {
    const failure = asWireError(stations, course, cause)
    answerError(response, failure, { correlationId, style })
    return failure
  }
}

/** An error that is ours goes to the log; the caller gets its correlation id. */
function asWireError({ log }: Stations, { correlationId }: Course, cause: unknown): WireError {
  const error = cause instanceof WireError ? cause : new WireError('internal', { cause })
  if (error.code === 'internal' || error.code === 'key_file_failed') {
    log.error({ correlationId, code: error.code, err: error.cause }, error.message)
  }
  return error
}

/** A grant is written before its answer is sent: after it the caller may be gone. */
function writeDecision(stations: Stations, course: Course, error: WireError | undefined): void {
  const { caller } = course
  const suppressed = error ? stations.refusals.take(`${caller?.userId} ${error.code}`) : 0
  if (suppressed === undefined) return
  stations.audit?.write({
    time: new Date().toISOString(),
    correlationId: course.correlationId,
    style: stations.styleName,
    userId: caller?.userId,
    user: caller?.user,
    program: caller?.program?.path,
    processId: caller?.program?.processId,
    unit: caller?.program?.placement?.unit,
    container: caller?.program?.placement?.container?.id,
    identity: (course.identity ?? stations.identity).resourceId,
    audience: course.request?.audience,
    outcome: error ? 'refused' : 'granted',
    rule: course.rule,
    reason: error?.code,
    ...(suppressed > 0 && { suppressed }),
  })
}

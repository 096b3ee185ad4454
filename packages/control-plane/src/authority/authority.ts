/**
 * The authority: gives an access token to a client that proves itself, and writes down every decision
 * before it answers.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { AuditEntry } from '../audit/audit-trail.ts'
import type { Client } from '../registry/clients.ts'
import { accessTokenClaims, type OpaqueValues } from './access-token.ts'
import { AuthorityError, type Trace } from './authority-error.ts'
import { type VerifiedAssertion, verifyClientAssertion } from './client-assertion.ts'
import { type AuthorityNames, assertionAudiences, type EndpointVersion } from './endpoints.ts'
import { readGuid } from './guid.ts'
import type { Journal } from './journal.ts'
import { RefusalLimit } from './refusal-limit.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { IssuedToken } from './token-answer.ts'
import { readTokenDemand, type TokenDemand, type TokenForm } from './token-demand.ts'

/** A request to the token endpoint. */
export interface TokenRequest {
  version: EndpointVersion
  /** The tenant in the path, as it was sent. */
  tenant: string
  /** Undefined if the body could not be read as a form. */
  form: TokenForm | undefined
  trace: Trace
}

/** What the authority works with. */
export interface AuthorityParts {
  names: AuthorityNames
  signingKeys: Pick<SigningKeys, 'current' | 'published'>
  findClient(clientId: string): Promise<Client | undefined>
  journal: Journal
  tokenLifetimeSeconds: number
  log: Logger
  now: () => Date
}

/** The authority of one tenant. */
export interface Authority {
  readonly names: AuthorityNames
  readonly signingKeys: Pick<SigningKeys, 'published'>
  /** @throws {AuthorityError} if the tenant in the path is not this one. */
  checkTenant(tenant: string): void
  /** @throws {AuthorityError} the refusal, which is then already in the audit trail. */
  issueToken(request: TokenRequest): Promise<IssuedToken>
}

/** The authority made of `parts`. */
export function createAuthority(parts: AuthorityParts): Authority {
  const { names, signingKeys } = parts
  const unproven = new RefusalLimit()
  return {
    names,
    signingKeys,
    checkTenant: (tenant) => checkTenant(names, tenant),
    issueToken: (request) => issueToken({ ...parts, unproven }, request),
  }
}

/** The parts, with the limit for refusals of callers that proved nothing. */
type LimitedParts = AuthorityParts & { unproven: RefusalLimit }

function checkTenant(names: AuthorityNames, tenant: string): void {
  if (readGuid(tenant) !== names.tenantId) throw new AuthorityError('tenant_unknown')
}

/** What is known of a request so far, for the audit entry. */
interface Draft {
  demand?: TokenDemand
  client?: Client
  /** Set once the client has proved itself: only then is the rest of what it says worth keeping. */
  proven?: true
}

async function issueToken(parts: LimitedParts, request: TokenRequest): Promise<IssuedToken> {
  const time = parts.now()
  const draft: Draft = {}
  try {
    const { token, spending } = await decideOnRecord(parts, request, { draft, time })
    await spend(parts, request, { draft, time, ...spending })
    parts.log.info({ ...request.trace, ...subjectOf(draft) }, 'token issued')
    return token
  } catch (error) {
    if (error instanceof AuthorityError) logRefusal(parts.log, request, error)
    throw error
  }
}

/** A token that is not given yet, with the assertion to be spent for it. */
interface Decision {
  token: IssuedToken
  spending: VerifiedAssertion & { clientId: string }
}

async function decideOnRecord(
  parts: LimitedParts,
  request: TokenRequest,
  { draft, time }: { draft: Draft; time: Date },
): Promise<Decision> {
  try {
    return await decide(parts, request, { draft, time })
  } catch (error) {
    if (error instanceof AuthorityError) await record(parts, refusal(request, draft, { error, time }), draft)
    throw error
  }
}

async function record(parts: LimitedParts, audit: RefusalEntry, { proven }: Draft): Promise<void> {
  const suppressed = proven ? 0 : parts.unproven.take(audit.code, audit.time)
  if (suppressed !== undefined) await parts.journal.write({ audit: { ...audit, suppressed } })
}

async function decide(
  parts: AuthorityParts,
  request: TokenRequest,
  { draft, time }: { draft: Draft; time: Date },
): Promise<Decision> {
  checkTenant(parts.names, request.tenant)
  if (!request.form) throw new AuthorityError('request_malformed')
  const demand = readTokenDemand(request.version, request.form)
  draft.demand = demand
  const client = await parts.findClient(demand.clientId)
  if (!client) throw new AuthorityError('client_unknown')
  draft.client = client
  const assertion = await verifyClientAssertion(demand.assertion, client, {
    audiences: assertionAudiences(parts.names),
    now: time,
  })
  draft.proven = true
  // Only who holds the key learns that the machine is disabled.
  if (client.disabled) throw new AuthorityError('client_disabled')
  const token = await makeToken(parts, client, { resource: demand.resource, time })
  return { token, spending: { clientId: demand.clientId, ...assertion } }
}

async function makeToken(
  parts: AuthorityParts,
  client: Client,
  { resource, time }: { resource: string; time: Date },
): Promise<IssuedToken> {
  const issuedAt = Math.floor(time.getTime() / 1000)
  const lifetimeSeconds = parts.tokenLifetimeSeconds
  const claims = accessTokenClaims({
    identity: client.identity,
    issuer: parts.names.issuerV1,
    resource,
    nowSeconds: issuedAt,
    lifetimeSeconds,
    opaque: opaqueValues(),
  })
  return { accessToken: await parts.signingKeys.current().sign(claims), resource, issuedAt, lifetimeSeconds }
}

function opaqueValues(): OpaqueValues {
  return {
    aio: randomBytes(30).toString('base64'),
    rh: `1.${randomBytes(24).toString('base64url')}.`,
    uti: randomBytes(16).toString('base64url'),
  }
}

/** Nothing is answered before the assertion is durably spent; a refusal here is already written. */
async function spend(
  parts: AuthorityParts,
  request: TokenRequest,
  decision: Decision['spending'] & { draft: Draft; time: Date },
): Promise<void> {
  const { draft, time, clientId, jti, refusedFrom, keySha256 } = decision
  const outcome = await parts.journal.write({
    audit: entryOf(request, draft, { time, outcome: 'done' }),
    spends: {
      // A little longer than the assertion is good, in case this clock is set back.
      assertion: { clientId, jti, expiresAt: new Date((refusedFrom + CLOCK_SKEW_SECONDS) * 1000) },
      keySha256,
      ifRefused: (code) => refusal(request, draft, { error: new AuthorityError(code), time }),
    },
  })
  if (outcome !== 'written') throw new AuthorityError(outcome)
}

/** A refusal always has its number. */
type RefusalEntry = AuditEntry & { code: number }

function refusal(
  request: TokenRequest,
  draft: Draft,
  { error, time }: { error: AuthorityError; time: Date },
): RefusalEntry {
  return { ...entryOf(request, draft, { time, outcome: 'refused' }), code: error.number }
}

function entryOf(
  request: TokenRequest,
  draft: Draft,
  decision: Pick<AuditEntry, 'time' | 'outcome'>,
): AuditEntry {
  return {
    id: request.trace.traceId,
    correlationId: request.trace.correlationId,
    action: 'issue-token',
    ...decision,
    ...subjectOf(draft),
  }
}

function subjectOf({ demand, client, proven }: Draft): Partial<AuditEntry> {
  return {
    clientId: demand?.clientId,
    principalId: client?.identity.principalId,
    resourceId: client?.identity.resourceId,
    audience: proven && demand?.resource,
  }
}

function logRefusal(log: Logger, request: TokenRequest, error: AuthorityError): void {
  log.warn({ ...request.trace, code: error.code, number: error.number }, 'token refused')
}

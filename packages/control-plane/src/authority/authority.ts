/**
 * The authority: gives an access token to a client that proves itself, and writes down every decision
 * before it answers.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { CLOCK_SKEW_SECONDS, type ClientProofClaim } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { AuditEntry } from '../audit/audit-trail.ts'
import { audienceSpellings } from '../registry/audience.ts'
import type { ClientPrincipal } from '../registry/clients.ts'
import { accessTokenClaims, type OpaqueValues } from './access-token.ts'
import { AuthorityError, type Trace } from './authority-error.ts'
import type { AuthorityNames, EndpointVersion } from './endpoints.ts'
import { readGuid } from './guid.ts'
import type { Grant, Journal } from './journal.ts'
import { findTokenSubject, type TokenSubject } from './machine-identity.ts'
import { type Proof, type ProofParts, proveHolder } from './proof.ts'
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
  /** The header. */
  authorization?: string | undefined
  trace: Trace
}

/** What the authority works with. */
export interface AuthorityParts extends ProofParts {
  signingKeys: Pick<SigningKeys, 'current' | 'published'>
  journal: Journal
  tokenLifetimeSeconds: number
  /** The audiences whose tokens have the v2 shape. */
  tokenVersion2Audiences: readonly string[]
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
  /** Set once who asks has proved itself: only then is the rest of what it says worth keeping. */
  holder?: ClientPrincipal
  /** Whose token it is. */
  client?: ClientPrincipal
}

async function issueToken(parts: LimitedParts, request: TokenRequest): Promise<IssuedToken> {
  const time = parts.now()
  const draft: Draft = {}
  try {
    const { token, ...decision } = await decideOnRecord(parts, request, { draft, time })
    await commit(parts, request, { draft, time, ...decision })
    parts.log.info({ ...request.trace, ...subjectOf(draft) }, 'token issued')
    return token
  } catch (error) {
    if (error instanceof AuthorityError) logRefusal(parts.log, request, error)
    throw error
  }
}

/** A token that is not given yet, with what must still hold when it is. */
interface Decision {
  token: IssuedToken
  proof: Proof
  assignment: TokenSubject['assignment']
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

async function record(parts: LimitedParts, audit: RefusalEntry, { holder }: Draft): Promise<void> {
  const suppressed = holder ? 0 : parts.unproven.take(audit.code, audit.time)
  if (suppressed !== undefined) await parts.journal.write({ audit: { ...audit, suppressed } })
}

async function decide(
  parts: AuthorityParts,
  request: TokenRequest,
  { draft, time }: { draft: Draft; time: Date },
): Promise<Decision> {
  checkTenant(parts.names, request.tenant)
  if (!request.form) throw new AuthorityError('request_malformed')
  const demand = readTokenDemand({ ...request, form: request.form })
  draft.demand = demand
  const proof = await proveHolder(parts, demand, time)
  Object.assign(draft, { holder: proof.holder, client: proof.holder })
  // Only who holds the credential learns how the client stands.
  checkState(proof.holder)
  const { client, assignment } = await findTokenSubject(parts.directory, proof.holder, demand.clientId)
  draft.client = client
  checkState(client)
  const token = await makeToken(parts, client, { ...demand, ...proof, time })
  return { token, proof, assignment }
}

function checkState({ state }: ClientPrincipal): void {
  if (state === 'deleted') throw new AuthorityError('client_unknown')
  if (state === 'disabled') throw new AuthorityError('client_disabled')
}

async function makeToken(
  parts: AuthorityParts,
  { identity }: ClientPrincipal,
  { resource, method, time }: { resource: string; method: ClientProofClaim; time: Date },
): Promise<IssuedToken> {
  const issuedAt = Math.floor(time.getTime() / 1000)
  const lifetimeSeconds = parts.tokenLifetimeSeconds
  const claims = accessTokenClaims({
    version: tokenVersion(parts, resource),
    names: parts.names,
    identity,
    method,
    resource,
    roles: await parts.directory.rolesFor(identity.principalId, resource),
    nowSeconds: issuedAt,
    lifetimeSeconds,
    opaque: opaqueValues(),
  })
  return { accessToken: await parts.signingKeys.current().sign(claims), resource, issuedAt, lifetimeSeconds }
}

function tokenVersion({ tokenVersion2Audiences }: AuthorityParts, resource: string): EndpointVersion {
  const spellings = audienceSpellings(resource)
  return tokenVersion2Audiences.some((audience) => spellings.includes(audience)) ? 'v2' : 'v1'
}

function opaqueValues(): OpaqueValues {
  return {
    aio: randomBytes(30).toString('base64'),
    rh: `1.${randomBytes(24).toString('base64url')}.`,
    uti: randomBytes(16).toString('base64url'),
  }
}

/** Nothing is answered before the decision is durable; a refusal here is already written. */
async function commit(
  parts: AuthorityParts,
  request: TokenRequest,
  decision: Pick<Decision, 'proof' | 'assignment'> & { draft: Draft; time: Date },
): Promise<void> {
  const { draft, time, proof, assignment } = decision
  const outcome = await parts.journal.write({
    audit: entryOf(request, draft, { time, outcome: 'done' }),
    grant: {
      clientId: proof.holder.identity.clientId,
      credential: proof.credential,
      assertion: spentBy(proof),
      assignment,
      ifRefused: (code) => refusal(request, draft, { error: new AuthorityError(code), time }),
    },
  })
  if (outcome !== 'written') throw new AuthorityError(outcome)
}

function spentBy({ spends }: Proof): Grant['assertion'] {
  if (!spends) return undefined
  // A little longer than the assertion is good, in case this clock is set back.
  return { jti: spends.jti, expiresAt: new Date((spends.refusedFrom + CLOCK_SKEW_SECONDS) * 1000) }
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

function subjectOf({ demand, holder, client }: Draft): Partial<AuditEntry> {
  return {
    clientId: holder?.identity.clientId ?? demand?.clientId,
    principalId: client?.identity.principalId,
    resourceId: client?.identity.resourceId || undefined,
    audience: holder && demand?.resource,
  }
}

function logRefusal(log: Logger, request: TokenRequest, error: AuthorityError): void {
  log.warn({ ...request.trace, code: error.code, number: error.number }, 'token refused')
}

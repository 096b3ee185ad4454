/**
 * The authority: gives an access token to a client that proves itself, and writes down every decision
 * before it answers.
 *
 * @module
 */

import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { readGuid } from '../guid.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import { refuseIfEarly } from '../limits/too-many-requests.ts'
import type { ClientPrincipal } from '../registry/clients.ts'
import { AuthorityError, type Trace } from './authority-error.ts'
import type { AuthorityNames, EndpointVersion } from './endpoints.ts'
import { findTokenSubject } from './machine-identity.ts'
import { makeToken, type NewTokenParts, type TokenWish } from './new-token.ts'
import type { Proof } from './proof.ts'
import { type ProofParts, proveHolder } from './prove-holder.ts'
import { createRefusalNotes, type NoteRefusal } from './refusal-notes.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { IssuedToken } from './token-answer.ts'
import { readTokenDemand } from './token-demand.ts'
import type { TokenForm } from './token-form.ts'
import { tokenIdBeginning } from './token-id.ts'
import type { Grant, Journal, JournalOutcome, LateRefusal } from './token-journal.ts'
import { grantEntry, shownSubject, type TokenRecord } from './token-record.ts'

/** A request to the token endpoint. */
export interface TokenRequest {
  version: EndpointVersion
  /** The tenant in the path, as it was sent. */
  tenant: string
  /** Undefined if the body could not be read as a form. */
  form: TokenForm | undefined
  /** The header. */
  authorization?: string | undefined
  /** Where it came from. */
  address?: string | undefined
  trace: Trace
}

/** What the authority works with. */
export interface AuthorityParts extends ProofParts, Omit<NewTokenParts, 'directory'> {
  signingKeys: Pick<SigningKeys, 'current' | 'published' | 'refresh'>
  journal: Journal
  /** Of what each holder of a credential may be given, by what it has been given. */
  limits: Pick<RequestLimits, 'callerWaitSeconds' | 'served'>
  log: Logger
  now: () => Date
}

/** The authority of one tenant. */
export interface Authority {
  readonly names: AuthorityNames
  readonly signingKeys: Pick<SigningKeys, 'published'>
  /** @throws {AuthorityError} if the tenant in the path is not this one. */
  checkTenant(tenant: string): void
  /** @throws {AuthorityError | TooManyRequests} the refusal, which is then already in the audit trail if it is to be. */
  issueToken(request: TokenRequest): Promise<IssuedToken>
}

/** The authority made of `parts`. */
export function createAuthority(parts: AuthorityParts): Authority {
  const { names, signingKeys } = parts
  const noteRefusal = createRefusalNotes(parts)
  return {
    names,
    signingKeys,
    checkTenant: (tenant) => checkTenant(names, tenant),
    issueToken: (request) => issueToken({ ...parts, noteRefusal }, request),
  }
}

type NotingParts = AuthorityParts & { noteRefusal: NoteRefusal }

function checkTenant(names: AuthorityNames, tenant: string): void {
  if (readGuid(tenant) !== names.tenantId) throw new AuthorityError('tenant_unknown')
}

async function issueToken(parts: NotingParts, request: TokenRequest): Promise<IssuedToken> {
  const { trace, address } = request
  const record: TokenRecord = { trace, address, time: parts.now() }
  const token = await giveToken(parts, await decideOnRecord(parts, request, record), record)
  parts.log.info({ ...trace, ...shownSubject(record) }, 'token issued')
  return token
}

/** Whose token is to be given and for what, with what must still hold when it is. */
interface Decision {
  client: ClientPrincipal
  content: TokenWish
  grant: Omit<Grant, 'ifRefused' | 'kid'>
}

/** How often a token is signed at most; a second time only if its key was withdrawn meanwhile. */
const SIGNED_MAX = 3

async function decideOnRecord(
  parts: NotingParts,
  request: TokenRequest,
  record: TokenRecord,
): Promise<Decision> {
  try {
    return await decide(parts, request, record)
  } catch (error) {
    const audit = error instanceof AuthorityError ? parts.noteRefusal(record, error) : undefined
    if (audit) await parts.journal.write({ audit })
    throw error
  }
}

async function decide(parts: AuthorityParts, request: TokenRequest, record: TokenRecord): Promise<Decision> {
  checkTenant(parts.names, request.tenant)
  if (!request.form) throw new AuthorityError('request_malformed')
  const demand = readTokenDemand({ ...request, form: request.form })
  record.demand = demand
  const { time } = record
  const proof = await proveHolder(parts, demand, time)
  Object.assign(record, { holder: proof.holder, client: proof.holder })
  // Only who holds the credential learns how the client stands.
  checkState(proof.holder)
  refuseIfEarly(parts.limits.callerWaitSeconds(proof.holder.identity.clientId, time))
  const { client, assignment } = await findTokenSubject(parts.directory, proof.holder, demand.clientId)
  record.client = client
  checkState(client)
  const { audience } = demand
  const kind = { holder: proof.holder.identity.clientId, principalId: client.identity.principalId }
  const idBeginning = tokenIdBeginning({ ...kind, audience, time })
  const content = { audience, method: proof.method, time, idBeginning }
  return { client, content, grant: { ...grantFor(proof), assignment } }
}

function checkState({ state }: ClientPrincipal): void {
  if (state === 'deleted') throw new AuthorityError('client_unknown')
  if (state === 'disabled') throw new AuthorityError('client_disabled')
}

function grantFor({ holder, credential, spends }: Proof): Decision['grant'] {
  const { clientId } = holder.identity
  if (!spends) return { clientId, credential }
  // A little longer than the assertion is good, in case this clock is set back.
  const expiresAt = new Date((spends.refusedFrom + CLOCK_SKEW_SECONDS) * 1000)
  return { clientId, credential, assertion: { jti: spends.jti, expiresAt } }
}

/** Nothing is answered before the decision is durable; a refusal here is already written. */
async function giveToken(
  parts: NotingParts,
  { client, content, grant }: Decision,
  record: TokenRecord,
): Promise<IssuedToken> {
  const granted = { ...grant, ifRefused: noteOnce(parts, record) }
  for (let signed = 0; signed < SIGNED_MAX; signed += 1) {
    const { token, outcome } = await writeToken(parts, { client, content, grant: granted }, record)
    if (outcome === 'written') {
      parts.limits.served(grant.clientId, parts.now())
      return token
    }
    if (outcome !== 'key-withdrawn') throw new AuthorityError(outcome)
    await parts.signingKeys.refresh()
  }
  throw new AuthorityError('unavailable')
}

/** Makes a token and writes it down. The journal waits for it: all that are signed at the same time share a commit. */
async function writeToken(
  parts: AuthorityParts,
  { client, content, grant }: Decision & { grant: Omit<Grant, 'kid'> },
  record: TokenRecord,
): Promise<{ token: IssuedToken; outcome: JournalOutcome }> {
  const come = parts.journal.expect()
  try {
    const token = await makeToken(parts, client, content)
    const audit = grantEntry(record, content.idBeginning)
    const outcome = parts.journal.write({ audit, grant: { ...grant, kid: token.kid } })
    come()
    return { token, outcome: await outcome }
  } finally {
    come()
  }
}

/** The row of a late refusal, noted once, also if the transaction is tried again. */
function noteOnce({ noteRefusal }: NotingParts, record: TokenRecord): Grant['ifRefused'] {
  const noted = new Map<LateRefusal, AuditEntry | undefined>()
  return (code) => {
    if (!noted.has(code)) noted.set(code, noteRefusal(record, new AuthorityError(code)))
    return noted.get(code)
  }
}

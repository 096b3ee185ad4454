/**
 * Renewal: a machine has a new key certified with its present one, also when it comes back after the end of its
 * certificate. The present key stays good until the first proven use of the new one.
 *
 * @see docs/onboarding.md#renewal
 * @module
 */

import { ONBOARDING_PATH, type Renewal, type RenewalRequest } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { spendAssertions } from '../authority/spent-assertions.ts'
import { takeBack } from '../registry/machine-acceptance.ts'
import { insertPendingKey, promoteKeys, recertifyKey } from '../registry/machine-keys.ts'
import { type CertifiedKey, certifyKey } from '../registry/machine-public-key.ts'
import type { Schema } from '../storage/schema.ts'
import { proveSentKey } from './key-proof.ts'
import { findKnownKey } from './known-keys.ts'
import { asMachine, type MachineAssertion } from './machine-assertion.ts'
import { ANY_NONCE } from './nonce-succession.ts'
import { onboardingEntry, originOf } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'
import { type RenewalQuestion, renewalRight } from './renewal-right.ts'

/**
 * Certifies the new key of the machine that sent `request`.
 *
 * @throws {OnboardingError | RegistryError} and nothing was changed.
 */
export async function renew(
  parts: OnboardingParts,
  request: RenewalRequest,
  trace: RequestTrace,
): Promise<Renewal> {
  const { names, storage, certificates, recoveryDays } = parts
  const url = routeUrl(names, ONBOARDING_PATH.renew)
  const sent = proveSentKey(request, { url, now: trace.time })
  return asMachine(request.assertion, { ...parts, url, now: trace.time }, async (assertion) => {
    const question = { thumbprint: sent.thumbprint, recoveryDays, time: trace.time }
    // Whoever is refused anyway must not have certificates made.
    await renewalRight(storage.db, assertion.key, question)
    const key = await certifyKey(certificates, sent, assertion.key.identity.clientId)
    const succession = { assertion, key, question, trace, hostName: request.hostName }
    return { certificate: await storage.change((trx) => succeed(trx, succession)) }
  })
}

interface Succession {
  assertion: MachineAssertion
  key: CertifiedKey
  question: RenewalQuestion
  trace: RequestTrace
  hostName: string | undefined
}

/** Resolves to the certificate of the new key. */
async function succeed(trx: Transaction<Schema>, succession: Succession): Promise<string> {
  const { assertion, key, question, trace, hostName } = succession
  const { identity, certificateSha256 } = assertion.key
  const present = await findKnownKey(trx, certificateSha256)
  // The key was certified anew under its hands, so that the certificate it names is gone.
  if (!present) throw new OnboardingError('AssertionRefused', { identity })
  const right = await renewalRight(trx, present, question)
  if (typeof right === 'object') return right.certificate
  const [isFresh] = await spendAssertions(trx, [assertion.spends])
  if (!isFresh) throw new OnboardingError('AssertionSpent', { identity })
  const action = await RIGHTS[right](trx, succession)
  const entry = onboardingEntry(action, trace, identity)
  await recordAudit(trx, [{ ...entry, origin: originOf(trace, hostName) }])
  return key.certificate
}

/** How the new key comes in by each right, and what the audit trail calls it. */
const RIGHTS = {
  key: async (trx, { assertion, key, trace: { time } }) => {
    const { identity, certificateSha256, notAfter } = assertion.key
    const { principalId } = identity
    if (await isPending(trx, principalId, key.thumbprint)) {
      await recertifyKey(trx, key)
    } else {
      await promoteKeys(trx, [certificateSha256])
      await insertPendingKey(trx, { principalId, key, time })
    }
    return notAfter <= time ? 'return-machine' : 'renew-machine-key'
  },
  // Nobody else has the new key, so its first heartbeat may bring any nonce.
  acceptance: async (trx, { assertion, key, trace: { time } }) => {
    const { principalId } = assertion.key.identity
    await takeBack(trx, { principalId, key, presence: { nonce: ANY_NONCE }, time })
    return 'take-back-machine'
  },
} satisfies Record<
  'key' | 'acceptance',
  (trx: Transaction<Schema>, succession: Succession) => Promise<AuditEntry['action']>
>

/** The certificate of a key that waits may have ended meanwhile. */
async function isPending(
  trx: Transaction<Schema>,
  principalId: string,
  thumbprint: string,
): Promise<boolean> {
  const row = await trx
    .selectFrom('machine_key')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .where('principal_id', '=', principalId)
    .where('state', '=', 'pending')
    .executeTakeFirst()
  return row !== undefined
}

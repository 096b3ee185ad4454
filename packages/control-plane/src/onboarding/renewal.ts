/**
 * Renewal: a machine has a new key certified with its present one, also when it comes back after the end of its
 * certificate. The present key stays good until the first proven use of the new one.
 *
 * @see docs/onboarding.md#renewal
 * @module
 */

import { ONBOARDING_PATH, type Renewal, type RenewalRequest } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import { spendAssertions } from '../authority/spent-assertions.ts'
import { insertPendingKey, promoteKeys, recertifyKey } from '../registry/machine-keys.ts'
import { type CertifiedKey, certifyKey } from '../registry/machine-public-key.ts'
import type { Schema } from '../storage/schema.ts'
import { proveSentKey } from './key-proof.ts'
import { findKnownKey, type KnownKey } from './known-keys.ts'
import { asMachine, checkStanding, type MachineAssertion } from './machine-assertion.ts'
import { onboardingEntry } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'

const DAY_MILLISECONDS = 86_400_000

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
  const url = routeUrl(parts.names, ONBOARDING_PATH.renew)
  const sent = await proveSentKey(request, { url, now: trace.time })
  return asMachine(request.assertion, { ...parts, url, now: trace.time }, async (assertion) => {
    checkStanding(assertion.key)
    checkRecovery(assertion.key, parts.recoveryDays, trace.time)
    const key = await certifyKey(parts.certificates, sent, assertion.key.identity.clientId)
    const certificate = await parts.storage.change((trx) => succeed(trx, { assertion, key, trace }))
    return { certificate }
  })
}

function checkRecovery({ notAfter, identity }: KnownKey, recoveryDays: number, time: Date): void {
  const end = notAfter.getTime() + recoveryDays * DAY_MILLISECONDS
  if (time.getTime() >= end) throw new OnboardingError('ReturnRefused', { identity })
}

interface Succession {
  assertion: MachineAssertion
  key: CertifiedKey
  trace: RequestTrace
}

/** Resolves to the certificate of the new key. */
async function succeed(trx: Transaction<Schema>, { assertion, key, trace }: Succession): Promise<string> {
  const { identity, certificateSha256, notAfter } = assertion.key
  const present = await findKnownKey(trx, certificateSha256)
  // The key was certified anew under its hands, so that the certificate it names is gone.
  if (!present) throw new OnboardingError('AssertionRefused', { identity })
  checkStanding(present)
  const waiting = await findPendingKey(trx, identity.principalId, key.thumbprint)
  // Nothing changes, so the same request may come as often as it likes.
  if (waiting && waiting.not_after > trace.time.getTime()) return waiting.certificate
  const [isFresh] = await spendAssertions(trx, [assertion.spends])
  if (!isFresh) throw new OnboardingError('AssertionSpent', { identity })
  if (waiting) {
    await recertifyKey(trx, key)
  } else {
    await promoteKeys(trx, [certificateSha256])
    await insertPendingKey(trx, { principalId: identity.principalId, key, time: trace.time })
  }
  const action = notAfter <= trace.time ? 'return-machine' : 'renew-machine-key'
  await recordAudit(trx, [onboardingEntry(action, trace, identity)])
  return key.certificate
}

function findPendingKey(trx: Transaction<Schema>, principalId: string, thumbprint: string) {
  return trx
    .selectFrom('machine_key')
    .select(['certificate', 'not_after'])
    .where('thumbprint', '=', thumbprint)
    .where('principal_id', '=', principalId)
    .where('state', '=', 'pending')
    .executeTakeFirst()
}

/**
 * A machine's client assertion that is addressed to one of the routes of onboarding.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 * @module
 */

import { CLOCK_SKEW_SECONDS, type OnboardingErrorCode } from '@landfast/protocol'
import { isSignedBy, type ParsedJwt, parseJwt } from '@landfast/server'
import { checkAssertionClaims } from '../authority/assertion-claims.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import type { SpentAssertion } from '../authority/spent-assertions.ts'
import { refuseIfEarly } from '../limits/too-many-requests.ts'
import type { KnownKey } from './known-keys.ts'
import { OnboardingError } from './onboarding-error.ts'
import type { OnboardingParts } from './onboarding-parts.ts'

/** SHA-256 in base64url. Any other text must not reach the look-up that many machines share. */
const THUMBPRINT = /^[\w-]{43}$/

/** An assertion by a key that is or was a machine's. Whether the machine may go on is another question. */
export interface MachineAssertion {
  key: KnownKey
  /** To be spent with the change that it is good for. */
  spends: SpentAssertion
}

/** What an assertion is verified with. */
type Expected = Pick<OnboardingParts, 'findKey' | 'limits'> & { url: string; now: Date }

/** After these refusals the assertion may have been a copy of one that the machine had used itself. */
const MAY_BE_REPLAYED: ReadonlySet<OnboardingErrorCode> = new Set(['AssertionSpent', 'CertificateExpired'])

/**
 * Verifies `assertion`, which must be for `url`, and does the `work` of the request for it. Each key may come so often and
 * no more: whoever has a retired one could make rows without end by it. Another copy of an assertion must not use up what
 * the machine itself may do, so it counts only once it is known to be none.
 *
 * @throws {OnboardingError | TooManyRequests} `AssertionRefused`, `AssertionOutOfTime`, or what `work` throws.
 */
export async function asMachine<T>(
  assertion: string,
  expected: Expected,
  work: (proven: MachineAssertion) => Promise<T>,
): Promise<T> {
  const { limits, now } = expected
  const proven = await verifyMachineAssertion(assertion, expected)
  const { thumbprint } = proven.key
  try {
    const done = await work(proven)
    limits.served(thumbprint, now)
    return done
  } catch (error) {
    const isReplay = error instanceof OnboardingError && MAY_BE_REPLAYED.has(error.code)
    if (!isReplay) limits.served(thumbprint, now)
    throw error
  }
}

async function verifyMachineAssertion(
  assertion: string,
  { findKey, limits, url, now }: Expected,
): Promise<MachineAssertion> {
  const jwt = parseJwt(assertion)
  const named = jwt?.header['x5t#S256']
  if (!jwt || typeof named !== 'string' || !THUMBPRINT.test(named))
    throw new OnboardingError('AssertionRefused')
  const key = await findKey(named)
  if (!key || !isSignedBy(jwt, key.publicKey)) throw new OnboardingError('AssertionRefused')
  refuseIfEarly(limits.callerWaitSeconds(key.thumbprint, now))
  return { key, spends: checkClaims(jwt, { clientId: key.identity.clientId, url, now }) }
}

function checkClaims(
  { claims }: ParsedJwt,
  { clientId, url, now }: { clientId: string; url: string; now: Date },
): SpentAssertion {
  const expected = { clientId, audiences: [url], nowSeconds: now.getTime() / 1000 }
  try {
    const { jti, refusedFrom } = checkAssertionClaims(claims, expected)
    // A little longer than the assertion is good, in case this clock is set back.
    return { clientId, jti, expiresAt: new Date((refusedFrom + CLOCK_SKEW_SECONDS) * 1000) }
  } catch (cause) {
    if (!(cause instanceof AuthorityError)) throw cause
    const passes = cause.code === 'assertion_out_of_time'
    throw new OnboardingError(passes ? 'AssertionOutOfTime' : 'AssertionRefused', { cause })
  }
}

/**
 * Refuses what can not go on as a machine, whatever its certificate says.
 *
 * @throws {OnboardingError} `MachineDeleted`, `MachineDisabled` or `KeyRetired`.
 */
export function checkStanding({
  state,
  principalState,
  identity,
}: Pick<KnownKey, 'state' | 'principalState' | 'identity'>): void {
  if (principalState === 'deleted') throw new OnboardingError('MachineDeleted', { identity })
  if (state === 'retired') throw new OnboardingError('KeyRetired', { identity })
  if (principalState === 'disabled') throw new OnboardingError('MachineDisabled', { identity })
}

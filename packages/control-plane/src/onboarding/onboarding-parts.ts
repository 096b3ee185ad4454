/**
 * The parts that the routes of onboarding work with.
 *
 * @module
 */

import type { ONBOARDING_PATH } from '@landfast/protocol'
import type { AuthorityNames } from '../authority/endpoints.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import type { KeptAuthority } from '../certificates/kept-authority.ts'
import type { RequestLimits } from '../limits/request-limits.ts'
import type { ShareChange } from '../storage/shared-changes.ts'
import type { Storage } from '../storage/storage.ts'
import type { FindKnownKey } from './known-keys.ts'

/** The parts of one control plane. */
export interface OnboardingParts {
  storage: Storage
  certificates: CertificateAuthority
  /** By which the server is known; undefined if its certificate is the operator's. */
  ownAuthority?: Pick<KeptAuthority, 'certificate' | 'trusted' | 'isChanged'> | undefined
  names: AuthorityNames
  findKey: FindKnownKey
  /** For changes that come by the hundred. */
  shareChange: ShareChange
  limits: Pick<RequestLimits, 'callerWaitSeconds' | 'served'>
  /** For how long after the end of its certificate a machine may come back; 0 for never. */
  recoveryDays: number
  now: () => Date
}

/** What names one request, and when it came. */
export interface RequestTrace {
  time: Date
  correlationId: string
  /** Where it came from; undefined for the program itself. */
  address?: string | undefined
}

/** The URL of a route, as a proof or an assertion must name it: never what a Host header says. */
export function routeUrl(
  { origin }: Pick<AuthorityNames, 'origin'>,
  path: (typeof ONBOARDING_PATH)[keyof typeof ONBOARDING_PATH],
): string {
  return origin + path
}

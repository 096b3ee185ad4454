/**
 * How a machine comes to a control plane and stays with it. A separate entry of the package, since it loads TLS.
 *
 * @module
 */

export { createAssertionSigner } from './authority/assertion.ts'
export { AuthorityClock } from './authority/authority-clock.ts'
export { clockDifference, dateOf } from './authority/clock-difference.ts'
export { createHttpsClient, type HttpsAnswer, type HttpsClient } from './authority/https-client.ts'
export { OnboardingRefused } from './authority/onboarding-refused.ts'
export { fetchCa, UntrustedCa } from './authority/trusted-ca.ts'
export { formatExpiration } from './aws/sts-answer.ts'
export { createStsExchange, sessionNameOf } from './aws/sts-exchange.ts'
export { forgetMachine } from './machine/forgotten-machine.ts'
export {
  findKnownApplication,
  type KnownApplication,
  knownApplicationOf,
} from './machine/known-application.ts'
export { newMachineKey, provableKeyOf } from './machine/machine-key.ts'
export { lockMachine } from './machine/machine-lock.ts'
export { type MachineStatus, machineStatus } from './machine/machine-status.ts'
export {
  beginRegistration,
  completeRegistration,
  type PendingRegistration,
  removePendingRegistration,
} from './machine/pending-registration.ts'
export { readPresence } from './machine/presence.ts'
export {
  type PublicMachine,
  publishMachine,
  readPublicMachine,
  removePublicMachine,
} from './machine/public-machine.ts'
export { certifyForEntra } from './membership/entra-certifier.ts'
export type { Membership, MembershipEvents } from './membership/membership.ts'
export { OnboardingClient } from './membership/onboarding-client.ts'
export { type MembershipOptions, openMembership } from './membership/open-membership.ts'

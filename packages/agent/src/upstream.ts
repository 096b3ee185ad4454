/**
 * How a machine comes to a control plane and stays with it. Apart from the rest, since it loads TLS.
 *
 * @module
 */

export { createAssertionSigner } from './assertion.ts'
export { AuthorityClock } from './authority-clock.ts'
export { forgetMachine } from './forgotten-machine.ts'
export { createHttpsClient, type HttpsAnswer, type HttpsClient } from './https-client.ts'
export { publicKeyOf } from './machine-key.ts'
export { lockMachine } from './machine-lock.ts'
export { type MachineStatus, machineStatus } from './machine-status.ts'
export {
  type Membership,
  type MembershipEvents,
  type MembershipOptions,
  openMembership,
} from './membership.ts'
export { OnboardingClient } from './onboarding-client.ts'
export { OnboardingRefused } from './onboarding-refused.ts'
export {
  beginRegistration,
  completeRegistration,
  type PendingRegistration,
  removePendingRegistration,
} from './pending-registration.ts'
export { readPresence } from './presence.ts'
export {
  type PublicMachine,
  publicMachineOf,
  readPublicMachine,
  removePublicMachine,
  writePublicMachine,
} from './public-machine.ts'
export { fetchCa, UntrustedCa } from './trusted-ca.ts'

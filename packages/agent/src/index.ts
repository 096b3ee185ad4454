/**
 * The local service that answers managed identity requests.
 *
 * @module
 */

export type { AdminAddress } from './admin-server.ts'
export {
  type Agent,
  type AgentMembership,
  type AgentOptions,
  createAgent,
  type EndpointOptions,
} from './agent.ts'
export { createAttestationCertifier } from './attestation-certifier.ts'
export { type Clock, systemClock } from './clock.ts'
export { createControlPlaneSource } from './control-plane-source.ts'
export { AGENT_ERROR_CODES, AgentError, type AgentErrorCode } from './errors.ts'
export { type FolderLock, lockFolder } from './folder-lock.ts'
export type { Keys, PresentedKey } from './key-ring.ts'
export { explainListenError } from './listener.ts'
export type { CertifyAttestation } from './metadata/attestation-key.ts'
export type { MachineFacts } from './metadata/machine-facts.ts'
export {
  findRegistration,
  type Registration,
  readRegistration,
  writeRegistration,
} from './registration.ts'
export { SourceError, type SourceFailure, type SourceToken, type TokenSource } from './source.ts'

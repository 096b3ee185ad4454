/**
 * The local service that answers managed identity requests.
 *
 * @module
 */

export type { AdminAddress } from './admin-server.ts'
export { type Agent, createAgent } from './agent.ts'
export type { AgentMembership, AgentOptions, EndpointOptions } from './agent-options.ts'
export { createAttestationCertifier } from './attestation-certifier.ts'
export { type Clock, systemClock } from './clock.ts'
export { createControlPlaneSource } from './control-plane-source.ts'
export { AGENT_ERROR_CODES, AgentError, type AgentErrorCode } from './errors.ts'
export { type FolderLock, lockFolder } from './folder-lock.ts'
export { HIMDS_FILE, HIMDS_MARKER, OLD_HIMDS_FILE } from './himds-marker.ts'
export type { Keys, PresentedKey } from './key-ring.ts'
export { explainListenError } from './listener.ts'
export type { CertifyAttestation } from './metadata/attestation-key.ts'
export type { MachineFacts } from './metadata/machine-facts.ts'
export {
  type DescribedCaller,
  type DescribedRequest,
  factsOfDescription,
  type SeenProcess,
  seeProcess,
} from './policy/described-caller.ts'
export type { Facts } from './policy/facts.ts'
export { decide, explain, type RuleTrace } from './policy/policy.ts'
export { readPolicy } from './policy/policy-file.ts'
export { refuseRealAgent } from './real-agent.ts'
export {
  findRegistration,
  type Registration,
  readRegistration,
  writeRegistration,
} from './registration.ts'
export { SourceError, type SourceFailure, type SourceToken, type TokenSource } from './source.ts'
export { writeStateFile } from './state-file.ts'

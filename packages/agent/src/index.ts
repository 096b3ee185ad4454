/**
 * The local service that answers managed identity requests.
 *
 * @module
 */

export { type Agent, createAgent } from './agent.ts'
export type { AgentMembership, AgentOptions } from './agent-options.ts'
export { isOutOfTime } from './authority/clock-difference.ts'
export { createControlPlaneSource } from './authority/control-plane-source.ts'
export { type Caller, createFindCaller, type FindCaller } from './caller/caller.ts'
export type { Keys, PresentedKey } from './challenge/key-ring.ts'
export { type Clock, systemClock } from './clock.ts'
export type { EndpointOptions, Intercept, WorkloadEndpointOptions } from './endpoint/endpoint-options.ts'
export { FORM_MAX_BYTES } from './endpoint/form-body.ts'
export { AgentError, type AgentErrorCode } from './errors.ts'
export { explainListenError } from './listening/listener.ts'
export {
  type EntraRegistration,
  findEntraRegistration,
} from './machine/entra-registration.ts'
export { type FolderLock, lockFolder } from './machine/folder-lock.ts'
export { HIMDS_FILE, HIMDS_MARKER, isHimdsMarker, OLD_HIMDS_FILE } from './machine/himds-marker.ts'
export { refuseRealAgent } from './machine/real-agent.ts'
export {
  findRegistration,
  type Registration,
  readRegistration,
  writeRegistration,
} from './machine/registration.ts'
export { createAttestationCertifier } from './metadata/attestation-certifier.ts'
export type { CertifyAttestation } from './metadata/attestation-key.ts'
export type { MachineFacts } from './metadata/machine-facts.ts'
export type { AdminAddress } from './operation/admin-server.ts'
export { type FieldName, isWorkloadName, parseValue } from './policy/conditions.ts'
export { type Facts, identityNames } from './policy/facts.ts'
export {
  type DescribedCaller,
  type DescribedRequest,
  factsOfDescription,
  type SeenProcess,
  seeProcess,
} from './policy/hypothetical-caller.ts'
export { decide, explain, type RuleTrace } from './policy/policy.ts'
export { readPolicy } from './policy/policy-file.ts'
export type { TokenFileStanding } from './token-files/token-file.ts'
export type { TokenFileEntry } from './token-files/token-file-entry.ts'
export { refuseFolder as refuseTokenFileFolder } from './token-files/token-writer.ts'
export { removeTokenFiles } from './token-files/written-paths.ts'
export { SourceError, type SourceFailure, type SourceToken, type TokenSource } from './tokens/source.ts'
export { isNetwork, isWorkloadAddress } from './workload/networks.ts'
export { digestOf, type SecretDigest, type Workload } from './workload/workload.ts'
export {
  addWorkload,
  findWorkload,
  readWorkloads,
  removeWorkload,
  replaceWorkload,
  workloadFolder,
} from './workload/workload-folder.ts'

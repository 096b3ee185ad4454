/**
 * Registry of machines and issuer of their tokens.
 *
 * @module
 */

export type { AdministratorFile } from './administrator/administrator-file.ts'
export { replaceAdministrator } from './administrator/lost-administrator.ts'
export { CertificateError, type CertificateErrorCode } from './certificates/certificate-error.ts'
export { type ControlPlane, createControlPlane } from './control-plane.ts'
export type { ForeignIssuerOptions, ForeignIssuers } from './federation/issuer-access.ts'
export { acceptRestoredMachines } from './onboarding/restored-registry.ts'
export type { ControlPlaneOptions } from './options.ts'
export type { Machine } from './registry/machine.ts'
export type { MachineRegistration, RegisteredMachine, Registry } from './registry/registry.ts'
export { RegistryError, type RegistryErrorCode } from './registry/registry-error.ts'
export { StorageError, type StorageErrorCode } from './storage/storage-error.ts'

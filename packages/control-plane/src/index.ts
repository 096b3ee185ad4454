/**
 * Registry of machines and issuer of their tokens.
 *
 * @module
 */

export type { AdministratorFile } from './administrator/administrator-file.ts'
export type { OwnTokenWish } from './administrator/own-token.ts'
export { CertificateError, type CertificateErrorCode } from './certificates/certificate-error.ts'
export { type ControlPlane, createControlPlane } from './control-plane.ts'
export type { ForeignIssuerOptions, ForeignIssuers } from './federation/issuer-access.ts'
export type { Taking } from './limits/request-limits.ts'
export { AUTHORITY_STEPS, type AuthorityChange, type AuthorityStep } from './operation/authority-change.ts'
export type { Companions } from './operation/companions.ts'
export type { KeyChange, KeyChangeStep } from './operation/encryption-key-change.ts'
export type { ControlPlaneOptions } from './options.ts'
export { changeCertificateAuthority } from './recovery/authority-change.ts'
export { type Backup, backUpControlPlane } from './recovery/backup.ts'
export { changeEncryptionKey } from './recovery/encryption-key-change.ts'
export { replaceAdministrator } from './recovery/lost-administrator.ts'
export { type Moved, type MoveStep, moveControlPlane, undoMove } from './recovery/move.ts'
export { type Restored, restoreControlPlane } from './recovery/restore.ts'
export { acceptRestoredMachines } from './recovery/restored-registry.ts'
export type { Machine } from './registry/machine.ts'
export { StorageError, type StorageErrorCode } from './storage/storage-error.ts'

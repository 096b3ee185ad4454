/**
 * The roles of a key vault, and what each allows on secrets. They come as app roles in tokens for the vault.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 * @module
 */

import type { DataRoles } from '../data-roles.ts'

/** What can be done, as the last part but one of `Microsoft.KeyVault/vaults/secrets/…/action`. */
export type SecretAction =
  | 'getSecret'
  | 'readMetadata'
  | 'setSecret'
  | 'update'
  | 'delete'
  | 'recover'
  | 'purge'

const EVERYTHING = ['getSecret', 'readMetadata', 'setSecret', 'update', 'delete', 'recover', 'purge'] as const

/** Azure's roles for secrets. */
export const VAULT_ROLES: DataRoles<SecretAction> = {
  'Key Vault Administrator': EVERYTHING,
  'Key Vault Secrets Officer': EVERYTHING,
  'Key Vault Secrets User': ['getSecret', 'readMetadata'],
  'Key Vault Reader': ['readMetadata'],
}

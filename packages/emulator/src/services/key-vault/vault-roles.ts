/**
 * The roles of a key vault, and what each allows on secrets. They come as app roles in tokens for the vault.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 * @module
 */

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

const ROLES: Readonly<Record<string, readonly SecretAction[]>> = {
  'Key Vault Administrator': EVERYTHING,
  'Key Vault Secrets Officer': EVERYTHING,
  'Key Vault Secrets User': ['getSecret', 'readMetadata'],
  'Key Vault Reader': ['readMetadata'],
}

/** What `roles`, a claim that may be anything, allow together. */
export function isAllowed(action: SecretAction, roles: unknown): boolean {
  if (!Array.isArray(roles)) return false
  return roles.some((role) => Object.hasOwn(ROLES, role) && ROLES[role]?.includes(action))
}

/** The roles by which `action` is allowed. */
export function rolesWith(action: SecretAction): string[] {
  return Object.keys(ROLES).filter((role) => ROLES[role]?.includes(action))
}

/**
 * What the registry refuses: one table of codes and sentences.
 *
 * @module
 */

const ERRORS = {
  name_malformed: 'a machine name has 1 to 54 letters, digits, "-", "_" and "."',
  group_malformed:
    'a resource group name has 1 to 90 letters, digits, "-", "_", "." and parentheses, and does not end with "."',
  location_malformed: 'a location has 1 to 64 letters, digits and "-"',
  key_malformed: 'the public key is not an SPKI public key in PEM; send what "openssl pkey -pubout" prints',
  key_unsupported: 'the public key must be RSA with 2048 to 4096 bits or EC on the curve P-256',
  key_known: 'this public key is or was the key of a machine; make a new key pair',
  machine_exists: 'there is a machine of this name in the resource group; delete it or choose another name',
  machine_unknown: 'there is no machine with this resource id',
} as const

/** A stable code of what the registry refused. */
export type RegistryErrorCode = keyof typeof ERRORS

/** A change that the registry refused; nothing was changed. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: RegistryErrorCode

  constructor(code: RegistryErrorCode, options: { cause?: unknown } = {}) {
    super(ERRORS[code], options)
    this.code = code
  }
}

/**
 * Refusals about user-assigned identities, their federated credentials and their assignment to machines, in Azure's
 * codes and words.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import { WordedRefusal } from '../arm/arm-error.ts'
import { RegistryError, type RegistryErrorCode } from '../registry/registry-error.ts'

const ERRORS = {
  LinkedAuthorizationFailed: [
    403,
    "The client '{clientId}' with object id '{objectId}' has permission to perform action '{action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{linkedAction}' on the linked scope(s) '{linkedScopes}' (respectively) or the linked scope(s) are invalid.",
  ],
  FailedIdentityOperation: [
    400,
    "Identity operation for the machine failed: the user-assigned identity '{id}' was not found.",
  ],
  InvalidFederatedIdentityCredential: [400, 'The federated identity credential is invalid: {detail}.'],
  FederatedIdentityCredentialExists: [
    409,
    'Issuer and subject combination already exists for this Managed Identity, in another of its federated identity credentials.',
  ],
  TooManyFederatedIdentityCredentials: [
    409,
    'A managed identity can have at most 20 federated identity credentials. Delete one first.',
  ],
  ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity: [
    409,
    "Too many Federated Identity Credentials are written concurrently for the managed identity '{id}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
  ],
} as const satisfies Record<string, readonly [status: number, wording: string]>

/** A code of Azure's about identities. */
export type IdentityErrorCode = keyof typeof ERRORS

/** Every code, in the order of the table. */
export const IDENTITY_ERROR_CODES = Object.keys(ERRORS) as IdentityErrorCode[]

/** A request about identities that is refused; nothing was changed. */
export class IdentityError extends WordedRefusal<IdentityErrorCode> {
  override readonly name = 'IdentityError'

  /** `blanks` fill those of the wording; they go on the wire. */
  constructor(code: IdentityErrorCode, blanks?: Readonly<Record<string, string>>, cause?: unknown) {
    super(code, ERRORS[code], { blanks, cause })
  }
}

/** What the registry refuses of federated credentials, by its own codes. */
const FEDERATED: ReadonlyMap<RegistryErrorCode, IdentityErrorCode> = new Map([
  ['federated_name_malformed', 'InvalidFederatedIdentityCredential'],
  ['federated_issuer_malformed', 'InvalidFederatedIdentityCredential'],
  ['federated_subject_malformed', 'InvalidFederatedIdentityCredential'],
  ['federated_audience_malformed', 'InvalidFederatedIdentityCredential'],
  ['federated_credential_exists', 'FederatedIdentityCredentialExists'],
  ['federated_credentials_full', 'TooManyFederatedIdentityCredentials'],
])

/** `error` as this table says it, if it is about a federated credential; otherwise as it is. */
export function federatedRefusalOf(error: unknown): unknown {
  const code = error instanceof RegistryError ? FEDERATED.get(error.code) : undefined
  return code && error instanceof RegistryError
    ? new IdentityError(code, { detail: error.message }, error)
    : error
}

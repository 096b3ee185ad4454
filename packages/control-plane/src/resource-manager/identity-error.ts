/**
 * Refusals about user-assigned identities, their federated credentials and their assignment to machines, in Azure's
 * codes and words.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import { wordedRefusal } from '../arm/arm-error.ts'
import { RegistryError } from '../registry/registry-error.ts'

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
    'Issuer and subject combination, or issuer and claims matching expression, already exists for this Managed Identity, in another of its federated identity credentials.',
  ],
  TooManyFederatedIdentityCredentials: [
    409,
    'The managed identity has too many federated identity credentials: {detail}.',
  ],
  ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity: [
    409,
    "Too many Federated Identity Credentials are written concurrently for the managed identity '{id}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
  ],
} as const satisfies Record<string, readonly [status: number, wording: string]>

/** A request about identities that is refused; nothing was changed. */
export class IdentityError extends wordedRefusal('IdentityError', ERRORS) {}

/** `error` as this table says it, if it is about a federated credential; otherwise as it is. */
export function federatedRefusalOf(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error
  switch (error.code) {
    case 'federated_name_malformed':
    case 'federated_issuer_malformed':
    case 'federated_subject_malformed':
    case 'federated_claims_unclear':
    case 'federated_expression_malformed':
    case 'federated_expression_open':
    case 'federated_audience_malformed':
      return new IdentityError('InvalidFederatedIdentityCredential', { detail: error.message, cause: error })
    case 'federated_credential_exists':
      return new IdentityError('FederatedIdentityCredentialExists', { cause: error })
    case 'federated_credentials_full':
      return new IdentityError('TooManyFederatedIdentityCredentials', { detail: error.message, cause: error })
    default:
      return error
  }
}

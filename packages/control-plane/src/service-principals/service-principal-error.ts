/**
 * Refusals about service principals and their credentials and app roles, in ARM's form. The sentences are the
 * registry's; one table gives them codes and statuses.
 *
 * @module
 */

import { ArmRefusal } from '../arm/arm-error.ts'
import { RegistryError, type RegistryErrorCode } from '../registry/registry-error.ts'

const ERRORS = {
  display_name_malformed: [400, 'InvalidDisplayName'],
  application_unknown: [404, 'ServicePrincipalNotFound'],
  principal_unknown: [404, 'PrincipalNotFound'],
  secret_lifetime: [400, 'InvalidSecretLifetime'],
  secrets_too_many: [409, 'TooManySecrets'],
  certificate_malformed: [400, 'InvalidCertificate'],
  certificate_weak: [400, 'WeakCertificate'],
  certificate_ended: [400, 'CertificateEnded'],
  certificate_no_authority: [400, 'CertificateIsNoAuthority'],
  certificate_purpose: [400, 'CertificateIsNotForClients'],
  certificate_known: [409, 'CertificateExists'],
  certificates_too_many: [409, 'TooManyCertificates'],
  subject_name_malformed: [400, 'InvalidSubjectName'],
  credential_unknown: [404, 'CredentialNotFound'],
  federated_name_malformed: [400, 'InvalidFederatedCredentialName'],
  federated_issuer_malformed: [400, 'InvalidFederatedIssuer'],
  federated_subject_malformed: [400, 'InvalidFederatedSubject'],
  federated_claims_unclear: [400, 'InvalidFederatedClaims'],
  federated_expression_malformed: [400, 'InvalidClaimsMatchingExpression'],
  federated_expression_open: [400, 'OpenClaimsMatchingExpression'],
  federated_audience_malformed: [400, 'InvalidFederatedAudience'],
  federated_credential_exists: [409, 'FederatedCredentialExists'],
  federated_credentials_full: [409, 'TooManyFederatedCredentials'],
  app_role_malformed: [400, 'InvalidAppRole'],
  app_role_unknown: [404, 'AppRoleAssignmentNotFound'],
  app_roles_too_many: [409, 'TooManyAppRoles'],
  foreign_value_malformed: [400, 'InvalidProviderValue'],
  foreign_principal_exists: [409, 'UserOrGroupExists'],
  foreign_principal_unknown: [404, 'UserOrGroupNotFound'],
  foreign_issuer_unset: [409, 'NoOpenIdProvider'],
} as const satisfies Partial<Record<RegistryErrorCode, readonly [status: number, code: string]>>

type RefusedCode = keyof typeof ERRORS

/** A code of these refusals. */
export type ServicePrincipalErrorCode = (typeof ERRORS)[RefusedCode][1]

/** Every code with its status, in the order of the table. */
export const SERVICE_PRINCIPAL_ERRORS: readonly (readonly [number, ServicePrincipalErrorCode])[] =
  Object.values(ERRORS)

/** A request about service principals that is refused; nothing was changed. */
class ServicePrincipalError extends ArmRefusal {
  override readonly name = 'ServicePrincipalError'
  readonly code: ServicePrincipalErrorCode
  readonly status: number

  constructor(code: RefusedCode, cause: RegistryError) {
    const { message } = cause
    super(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`, { cause })
    const [status, name] = ERRORS[code]
    this.code = name
    this.status = status
  }
}

/** What `work` resolves to; what the registry refuses of it is refused in ARM's form. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegistryError && isRefused(error.code)) {
      throw new ServicePrincipalError(error.code, error)
    }
    throw error
  }
}

function isRefused(code: RegistryErrorCode): code is RefusedCode {
  return code in ERRORS
}

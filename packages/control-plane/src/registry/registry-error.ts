/**
 * The registry's refusals: one table of codes and sentences.
 *
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  name_malformed: 'a machine name has 1 to 54 letters, digits, "-", "_" and "."',
  group_malformed:
    'a resource group name has 1 to 90 letters, digits, "-", "_", "." and parentheses, and does not end with "."',
  location_malformed: 'a location has 1 to 64 letters, digits and "-"',
  key_malformed: 'the public key is not an SPKI public key in PEM; send what "openssl pkey -pubout" prints',
  key_unsupported: 'the public key must be RSA with 2048 to 4096 bits or EC on the curve P-256',
  key_known: 'this public key is or was the key of a machine; make a new key pair',
  machine_exists: 'there is a machine of this name in the resource group; delete it or choose another name',
  federated_name_malformed:
    'the name of a federated credential has 3 to 120 letters, digits, "-" and "_", and begins with a letter or digit',
  federated_issuer_malformed:
    'the issuer must be an https URL of at most 600 characters, without a query, a fragment, "*" or spaces, exactly as in the claim "iss"',
  federated_subject_malformed:
    'the subject must have 1 to 600 characters, no space at either end and no "*"; it is compared exactly',
  federated_claims_unclear:
    'a federated credential has either a "subject" or a "claimsMatchingExpression", not both and not neither',
  federated_expression_malformed: 'the claimsMatchingExpression is not one of version 1 of the language',
  federated_expression_open: 'the claimsMatchingExpression would let in too much',
  federated_audience_malformed:
    'a federated credential has exactly one audience of 1 to 600 characters, without a space at either end or "*"',
  federated_principal_unsupported:
    'only user-assigned identities and applications have federated credentials',
  federated_credential_exists:
    'another federated credential of this identity has the same issuer and subject or expression; change or delete that one',
  federated_credentials_full:
    'the identity has as many federated credentials as it may have; delete one first, or raise "max-federated-credentials"',
  display_name_malformed: 'a display name has 1 to 120 characters, none of them a control character',
  application_unknown: 'there is no service principal of an application with this object id',
  secret_lifetime: 'a client secret is good for a whole number of seconds, from a minute to 730 days',
  secrets_too_many: 'an application has at most 5 client secrets; delete one that is not used any more',
  app_role_malformed:
    'an app role has a resource of at most 2048 characters and a role of at most 120, without a space at either end',
  app_role_unknown: 'the principal does not have this app role for this resource',
  app_roles_too_many: 'a principal has at most 50 app roles for one resource; revoke one first',
  principal_unknown: 'there is no machine, identity or application with this object id',
  certificate_malformed:
    'the certificate is not a single X.509 certificate in PEM; send it without its private key and its chain',
  certificate_weak: 'the key of the certificate must be RSA with 2048 to 4096 bits or EC on the curve P-256',
  certificate_ended: 'the certificate has ended; send one that is still good',
  certificate_no_authority: 'the certificate is not that of a certificate authority',
  certificate_purpose:
    'the authority is not for certificates of clients: its extended key usages, if it has any, must list clientAuth, and it may have neither name constraints nor another critical extension',
  certificate_known: 'the application has this certificate already',
  certificates_too_many: 'an application has at most 10 certificates; delete one that is not used any more',
  subject_name_malformed: 'the subject name must be that of a certificate, such as "CN=deploy,O=Example"',
  credential_unknown: 'the application has no credential with this id',
  foreign_value_malformed:
    'what the provider calls a user or a group has 1 to 600 characters, none of them a control character; it is compared exactly',
  foreign_principal_exists: 'there is a user or a group for this value already',
  foreign_principal_unknown: 'there is no user or group with this object id',
  foreign_issuer_unset:
    'users and groups are those of the OpenID provider of the portal, and none is set; set "portal-oidc-issuer" first',
} as const

/** A stable code of what the registry refused. */
export type RegistryErrorCode = keyof typeof ERRORS

/** A change that the registry refused; nothing was changed. */
export class RegistryError extends codedError('RegistryError', ERRORS, withDetail) {}

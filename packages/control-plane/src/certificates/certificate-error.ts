/**
 * Errors of the server certificate that an operator gives.
 *
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  certificate_unreadable: 'the file of the server certificate or its key cannot be read',
  certificate_malformed:
    'the file must hold PEM: a certificate with its chain in the one, an unencrypted private key in the other',
  certificate_key_other: 'the private key is not that of the server certificate',
  certificate_expired: 'the server certificate has expired; renew it',
  certificate_too_early: 'the server certificate is not good yet; compare the clock of this host',
  certificate_name_missing:
    'the server certificate does not name the host by which clients call; set "url" to a name that it has',
} as const

/** A stable code of what is wrong with a server certificate. */
export type CertificateErrorCode = keyof typeof ERRORS

/** The certificate given cannot be used. */
export class CertificateError extends codedError('CertificateError', ERRORS, withDetail) {
  /** `detail` names the file or host. */
  constructor(code: CertificateErrorCode, detail: string, cause?: unknown) {
    super(code, { detail, cause })
  }
}

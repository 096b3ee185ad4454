/**
 * The parts of `@peculiar/x509` used here. Its injection library refuses to load before `reflect-metadata`, so nobody
 * else imports either of them; and this file is imported only when a certificate is to be made.
 *
 * @module
 */

import 'reflect-metadata'

export { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

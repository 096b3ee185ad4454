/**
 * The parts of `@peculiar/x509` used in Landfast. Its injection library refuses to load before `reflect-metadata`, so
 * no other file imports either of them.
 *
 * The control plane makes and reads certificates with it. The agent imports it only when it makes the certificate of
 * its own endpoint: `index.ts` leaves it out, so that no agent has it in memory for nothing.
 *
 * @module
 */

import 'reflect-metadata'

export {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

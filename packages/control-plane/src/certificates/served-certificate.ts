/**
 * The certificate that the server shows: the operator's, or one of the control plane's own CA. It is read again every
 * day and on demand, so that a new one needs no restart.
 *
 * @module
 */

import type { Logger } from 'pino'
import type { CertificateAuthority } from './certificate-authority.ts'
import { type CertificateFiles, readOperatorCertificate } from './operator-certificate.ts'
import { openServerCertificate, type ServerCertificate } from './server-certificate.ts'

const DAY_MILLISECONDS = 86_400_000

/** What decides which certificate it is. */
export interface ServedCertificateOptions {
  folder: string
  authority: CertificateAuthority
  /** The operator's. */
  files?: CertificateFiles | undefined
  /** The first one is the name by which clients call. */
  hosts: readonly [string, ...string[]]
  log: Logger
  now: () => Date
}

/**
 * The certificate to be shown now.
 *
 * @throws {CertificateError} if the operator's cannot be used.
 */
export function loadServedCertificate(options: ServedCertificateOptions): Promise<ServerCertificate> {
  const { files, hosts, now } = options
  return files
    ? readOperatorCertificate({ files, host: hosts[0], now: now() })
    : openServerCertificate({ ...options, now: now() })
}

/** A certificate that is replaced while the server runs. */
export interface ServedCertificate {
  /** Reads or renews it now. @throws {CertificateError}, and then the former one stays. */
  reload(): Promise<void>
  stop(): void
}

/** Gives `show` what there is to show from now on, once a day. */
export function keepServed(
  options: ServedCertificateOptions,
  show: (certificate: ServerCertificate) => void,
): ServedCertificate {
  const reload = async () => show(await loadServedCertificate(options))
  const timer = setInterval(() => {
    reload().catch((err) => options.log.error({ err }, 'the server certificate could not be renewed'))
  }, DAY_MILLISECONDS).unref()
  return { reload, stop: () => clearInterval(timer) }
}

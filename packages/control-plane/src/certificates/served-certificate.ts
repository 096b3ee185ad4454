/**
 * The certificate that the server shows: the operator's, or one of the control plane's own CA. It is looked at again every
 * hour and on demand, so that neither a new one nor a clock that was set right needs a restart.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import type { CertificateAuthority } from './certificate-authority.ts'
import { type CertificateFiles, readOperatorCertificate } from './operator-certificate.ts'
import { openServerCertificate, type ServerCertificate } from './server-certificate.ts'

const HOUR_MILLISECONDS = 3_600_000

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
  /** Why clients refuse what is shown, by this host's clock; undefined if they do not. */
  fault(): string | undefined
  /** What is shown now. */
  certificate(): X509Certificate
  /** When what clients look at ends: the server's own certificate, and that of the CA where it is ours. */
  ends(): Readonly<Record<string, Date>>
  stop(): void
}

/** Gives `show` what there is to show from now on instead of `shown`, once an hour. */
export function keepServed(
  options: ServedCertificateOptions,
  shown: ServerCertificate,
  show: (certificate: ServerCertificate) => void,
): ServedCertificate {
  const { authority, files, log, now } = options
  const withAnchor = (certificate: ServerCertificate) =>
    certificatesOf(certificate, files ? [] : [authority.certificate])
  let present = withAnchor(shown)
  const fault = () => faultAt(present, now())
  const certificate = () => present[0]
  const ends = () => {
    const [server, authority] = present.map(({ validToDate }) => validToDate)
    return { ...(server && { server }), ...(authority && !files && { authority }) }
  }
  const reload = async () => {
    const loaded = await loadServedCertificate(options)
    present = withAnchor(loaded)
    show(loaded)
  }
  const timer = setInterval(async () => {
    await reload().catch((err) => log.error({ err }, 'the server certificate could not be renewed'))
    const reason = fault()
    if (reason !== undefined) log.error(reason)
  }, HOUR_MILLISECONDS).unref()
  return { reload, fault, certificate, ends, stop: () => clearInterval(timer) }
}

/** What clients look at: the server's own, and the authority's that they keep. */
function certificatesOf(
  { certificate }: ServerCertificate,
  anchors: readonly string[],
): [server: X509Certificate, ...anchors: X509Certificate[]] {
  return [new X509Certificate(certificate), ...anchors.map((pem) => new X509Certificate(pem))]
}

function faultAt(certificates: readonly X509Certificate[], now: Date): string | undefined {
  const [early] = certificates.filter(({ validFromDate }) => validFromDate > now)
  if (early) {
    return `a certificate of the server is not good before ${early.validFrom}; compare the clock of this host`
  }
  const [late] = certificates.filter(({ validToDate }) => validToDate <= now)
  return late && `a certificate of the server has expired at ${late.validTo}; renew it, or compare the clock`
}

/**
 * Looks now and then which certificate authority signs, as an operator's word changes that, and says when its end is near.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import type { KeptAuthority } from '../certificates/kept-authority.ts'

const REFRESH_MILLISECONDS = 15_000

/** Long enough to change it in peace. */
const END_NEAR_DAYS = 180

const DAY_MILLISECONDS = 86_400_000

/** What is watched. */
export interface AuthorityWatchParts {
  certificates: KeptAuthority
  /** Shows a certificate of the authority that signs now. */
  reloadCertificate(): Promise<void>
  log: Logger
  now: () => Date
}

/** A watch that goes on until it is stopped. */
export interface AuthorityWatch {
  look(): Promise<void>
  stop(): Promise<void>
}

/** Watches. */
export function watchAuthority({
  certificates,
  reloadCertificate,
  log,
  now,
}: AuthorityWatchParts): AuthorityWatch {
  let looking = Promise.resolve()
  let isStale = false
  const lookNow = async () => {
    isStale = (await certificates.refresh()) || isStale
    if (!isStale) return
    await reloadCertificate()
    isStale = false
    log.info('another CA signs from now on')
  }
  const look = () => {
    const next = looking.then(lookNow)
    looking = next.catch((err) => log.error({ err }, 'the CA could not be read; it is tried again'))
    return next
  }
  warnOfEnd(certificates.certificate, log, now())
  const timer = setInterval(() => void look().catch(() => {}), REFRESH_MILLISECONDS).unref()
  return {
    look,
    stop: async () => {
      clearInterval(timer)
      await looking
    },
  }
}

function warnOfEnd(certificate: string, log: Logger, now: Date): void {
  const { validToDate, validTo } = new X509Certificate(certificate)
  if (validToDate.getTime() - now.getTime() > END_NEAR_DAYS * DAY_MILLISECONDS) return
  log.warn(`the CA is good until ${validTo}; change it with "landfast control-plane change-ca"`)
}

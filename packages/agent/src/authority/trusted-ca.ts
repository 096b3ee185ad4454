/**
 * The CA of a control plane, fetched from itself and believed only because its fingerprint came another way.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { createHash, X509Certificate } from 'node:crypto'
import { ONBOARDING_PATH } from '@landfast/protocol'
import type { Proxies } from '@landfast/server/proxy'
import { SourceError } from '../tokens/source.ts'
import { createUntrustingClient } from './https-client.ts'

/** What the control plane shows is not the certificate of the fingerprint. */
export class UntrustedCa extends Error {
  override readonly name = 'UntrustedCa'
}

/**
 * The CA certificate (PEM) of the control plane at `origin` whose DER has this SHA-256 (base64url).
 *
 * @throws {UntrustedCa} if it has another, or is none.
 * @throws {SourceError} `unavailable` if no answer came.
 */
export async function fetchCa(
  origin: string,
  fingerprint: string,
  { signal, proxies }: { signal: AbortSignal; proxies?: Proxies | undefined },
): Promise<string> {
  const client = createUntrustingClient(proxies)
  try {
    const { status, text } = await client.send(`${origin}${ONBOARDING_PATH.caCertificate}`, { signal })
    if (status >= 500 || status === 429) {
      throw new SourceError('unavailable', `"${origin}" answered ${status} and no certificate`)
    }
    return checkCa(text, fingerprint)
  } finally {
    client.close()
  }
}

/** `text` may hold more than the one certificate that the fingerprint is of; that alone is believed. */
function checkCa(text: string, fingerprint: string): string {
  const certificate = parse(text)
  const found = certificate && createHash('sha256').update(certificate.raw).digest('base64url')
  if (!certificate || found !== fingerprint) {
    throw new UntrustedCa('what answers there is not the control plane that the join token is of')
  }
  return certificate.toString()
}

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text)
  } catch {
    return undefined
  }
}

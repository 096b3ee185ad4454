/**
 * A client certificate: signs the assertion by which its holder proves itself to an authority.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { assertionClaims } from '@landfast/protocol'
import { builtin } from '../builtin.ts'
import { ClientError } from '../errors.ts'
import { readSmallFile } from './small-file.ts'

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** A certificate with its key. */
export interface ClientCertificate {
  key: KeyObject
  /** The client's own first. */
  chain: readonly X509Certificate[]
}

/**
 * Reads the PEM file at `path`.
 *
 * @throws {ClientError} `certificate_unusable`.
 */
export function readClientCertificate(path: string, passphrase: string | undefined): ClientCertificate {
  const { createPrivateKey, X509Certificate } = builtin('node:crypto')
  const unusable = (why: string, cause?: unknown) =>
    new ClientError('certificate_unusable', `"${path}" (${why})`, { cause })
  try {
    const pem = readSmallFile(path)
    const chain = (pem.match(CERTIFICATES) ?? []).map((text) => new X509Certificate(text))
    const key = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
    if (!chain[0]) throw unusable('it holds no certificate')
    if (key.asymmetricKeyType !== 'rsa') throw unusable('its key is not RSA')
    if (!chain[0].checkPrivateKey(key)) throw unusable('its key is not that of the first certificate')
    return { key, chain }
  } catch (cause) {
    if (cause instanceof ClientError) throw cause
    throw unusable((cause as Error).message, cause)
  }
}

/** An assertion for one request to `tokenEndpoint`; with `sendChain` the whole chain goes with it. */
export function signAssertion(
  { key, chain }: ClientCertificate,
  request: { tokenEndpoint: string; clientId: string; now: number; sendChain: boolean },
): string {
  const { constants, randomUUID, sign } = builtin('node:crypto')
  const { tokenEndpoint, clientId, now, sendChain } = request
  const header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': Buffer.from(chain[0]?.fingerprint256.replaceAll(':', '') ?? '', 'hex').toString('base64url'),
    ...(sendChain && { x5c: chain.map(({ raw }) => raw.toString('base64')) }),
  }
  const nowSeconds = Math.floor(now / 1000)
  const claims = assertionClaims({ tokenEndpoint, clientId, jti: randomUUID(), nowSeconds })
  const input = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  })
  return `${input}.${signature.toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

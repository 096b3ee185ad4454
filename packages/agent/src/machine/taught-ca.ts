/**
 * The CAs that a control plane has told this machine to know it by: they take the place of those that it told before, and
 * leave alone what an operator gave.
 *
 * @see docs/operations.md#changing-the-ca
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { Registration } from './registration.ts'

/** What a registration says of trust. */
export type RegisteredTrust = Pick<Registration, 'ca' | 'usesSystemCa' | 'taughtCa'>

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs

/**
 * The trust after the control plane has told `told` (PEM, one each); undefined if it is as before, or `told` has something
 * that is no certificate.
 */
export function trustAfter(trust: RegisteredTrust, told: readonly string[]): RegisteredTrust | undefined {
  const { ca, usesSystemCa, taughtCa = [] } = trust
  const names = told.map(fingerprintOf)
  if (names.includes(undefined) || isSame(names, taughtCa.map(fingerprintOf))) return undefined
  const replaced = new Set([...names, ...taughtCa.map(fingerprintOf)])
  const given = (ca?.match(CERTIFICATE) ?? []).filter((pem) => !replaced.has(fingerprintOf(pem)))
  return {
    ca: [...given, ...told.map((pem) => pem.trim())].join('\n'),
    taughtCa: told,
    // Without a CA of its own it went by those of the host, and goes on so.
    ...((usesSystemCa || ca === undefined) && { usesSystemCa: true }),
  }
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256
  } catch {
    return undefined
  }
}

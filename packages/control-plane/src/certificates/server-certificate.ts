/**
 * The key and certificate of the HTTPS server, kept in the state folder and renewed when it is time.
 *
 * @module
 */

import { createPrivateKey, generateKeyPair, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import { readStateFile, STATE_FILE, writeStateFile } from '../storage/state-folder.ts'
import type { CertificateAuthority } from './certificate-authority.ts'

/** A certificate with less than this left is replaced. */
const RENEWAL_MILLISECONDS = 30 * 86_400_000

/** Names by which programs of the same machine may call the server, beside its own host. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'] as const

/** PEM of both. */
export interface ServerCertificate {
  key: string
  certificate: string
}

/** The kept certificate if it still serves `hosts`, else a new one over a new key. */
export async function openServerCertificate(options: {
  folder: string
  authority: CertificateAuthority
  /** The first one is the name by which clients call. */
  hosts: readonly string[]
  now: Date
}): Promise<ServerCertificate> {
  const hosts = [...new Set([...options.hosts, ...LOCAL_HOSTS])]
  const kept = await readKept(options.folder)
  if (kept && serves(kept, { ...options, hosts })) return kept
  return make(options.folder, options.authority, hosts)
}

async function readKept(folder: string): Promise<ServerCertificate | undefined> {
  const [key, certificate] = await Promise.all([
    readStateFile(folder, STATE_FILE.serverKey),
    readStateFile(folder, STATE_FILE.serverCertificate),
  ])
  return key === undefined || certificate === undefined ? undefined : { key, certificate }
}

/** Anything that cannot be read counts as not serving: it is made anew without loss. */
function serves(
  kept: ServerCertificate,
  wanted: { authority: CertificateAuthority; hosts: readonly string[]; now: Date },
): boolean {
  try {
    const certificate = new X509Certificate(kept.certificate)
    const authority = new X509Certificate(wanted.authority.certificate)
    return (
      certificate.verify(authority.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(kept.key)) &&
      certificate.validFromDate <= wanted.now &&
      certificate.validToDate.getTime() - wanted.now.getTime() >= RENEWAL_MILLISECONDS &&
      wanted.hosts.every((host) => names(certificate, host))
    )
  } catch {
    return false
  }
}

/** Whether clients that call `host` accept `certificate`. */
export function names(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

async function make(
  folder: string,
  authority: CertificateAuthority,
  hosts: readonly string[],
): Promise<ServerCertificate> {
  const keys = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const certificate = await authority.certifyServer(keys.publicKey, hosts)
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  await writeStateFile(folder, STATE_FILE.serverKey, key)
  await writeStateFile(folder, STATE_FILE.serverCertificate, certificate)
  return { key, certificate }
}

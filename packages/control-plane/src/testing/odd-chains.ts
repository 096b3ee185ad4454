/**
 * Chains of certificates in which some are odd in some way, for tests that compare verdicts over them. Not published.
 *
 * @module
 */

import { KeyObject, sign, type webcrypto, X509Certificate } from 'node:crypto'
import { BasicConstraintsExtension, ExtendedKeyUsageExtension, Extension } from '@landfast/server/x509'
import {
  type CertificateWish,
  makeCertificate,
  makeTrialKeys,
  type TrialCertificate,
} from './trial-certificates.ts'

const NOW = new Date()
const DAY_MILLISECONDS = 86_400_000
const EKU = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1', any: '2.5.29.37.0' } as const

function tlv(tag: number, ...parts: readonly (number | Uint8Array)[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part)))
  return Buffer.concat([Buffer.of(tag, content.length), content])
}

function extension(type: string, critical: boolean, value: Uint8Array): Extension {
  return new Extension(type, critical, Uint8Array.from(value))
}

const text = (value: string) => Buffer.from(value, 'latin1')

/** The name "O=NAME" as a general subtree. */
function subtree(name: string): Uint8Array {
  const organisation = tlv(0x30, tlv(0x06, 0x55, 0x04, 0x0a), tlv(0x0c, text(name)))
  return tlv(0x30, tlv(0xa4, tlv(0x30, tlv(0x31, organisation))))
}

const permitting = (name: string) => tlv(0x30, tlv(0xa0, subtree(name)))
const excluding = (name: string) => tlv(0x30, tlv(0xa1, subtree(name)))
const keyUsage = (bits: number, critical = true) => extension('2.5.29.15', critical, tlv(0x03, 0, bits))
const purposes = (...usages: string[]) => new ExtendedKeyUsageExtension(usages)

/** What may be unusual about one certificate of a chain, at its end, in the middle or at the top. */
export const ODDITIES = {
  'for clients': { extensions: [purposes(EKU.client)] },
  'for clients and servers': { extensions: [purposes(EKU.server, EKU.client)] },
  'for servers': { extensions: [purposes(EKU.server)] },
  'for any purpose': { extensions: [purposes(EKU.any)] },
  'for any purpose and clients': { extensions: [purposes(EKU.any, EKU.client)] },
  'for no purpose': { extensions: [extension('2.5.29.37', false, tlv(0x30))] },
  'two lists of purposes': { extensions: [purposes(EKU.client), purposes(EKU.server)] },
  'may sign': { extensions: [keyUsage(0x80)] },
  'may agree on keys': { extensions: [keyUsage(0x08)] },
  'may encipher keys': { extensions: [keyUsage(0x20, false)] },
  'may certify': { extensions: [keyUsage(0x04)] },
  'may certify and sign': { extensions: [keyUsage(0x84)] },
  'a key usage that is none': { extensions: [extension('2.5.29.15', false, text('none'))] },
  'names it may have': { extensions: [extension('2.5.29.30', true, permitting('Example'))] },
  'names of others': { extensions: [extension('2.5.29.30', true, permitting('Other'))] },
  'names it may not have': { extensions: [extension('2.5.29.30', true, excluding('Example'))] },
  'names it should not have': { extensions: [extension('2.5.29.30', false, excluding('Example'))] },
  'names that it should have': { extensions: [extension('2.5.29.30', false, permitting('Other'))] },
  'a critical extension that is unknown': { extensions: [extension('1.2.3.4', true, tlv(0x05))] },
  'an extension that is unknown': { extensions: [extension('1.2.3.4', false, tlv(0x05))] },
  'the same unknown extension twice': {
    extensions: [extension('1.2.3.4', false, tlv(0x05)), extension('1.2.3.4', false, tlv(0x05))],
  },
  'critical policies': {
    extensions: [extension('2.5.29.32', true, tlv(0x30, tlv(0x30, tlv(0x06, 0x2a, 3))))],
  },
  'an alternative name': {
    extensions: [extension('2.5.29.17', false, tlv(0x30, tlv(0x82, text('a.example'))))],
  },
  'a proxy': {
    extensions: [
      extension('1.3.6.1.5.5.7.1.14', false, tlv(0x30, tlv(0x30, tlv(0x06, 0x2b, 6, 1, 5, 5, 7, 21, 1)))),
    ],
  },
  'networks of its own': {
    extensions: [extension('1.3.6.1.5.5.7.1.8', false, tlv(0x30, tlv(0xa0, tlv(0x30, tlv(0x02, 5)))))],
  },
  'of an old client': { extensions: [extension('2.16.840.1.113730.1.1', false, tlv(0x03, 7, 0x80))] },
  'of an old server': { extensions: [extension('2.16.840.1.113730.1.1', false, tlv(0x03, 6, 0x40))] },
  'an old authority': { extensions: [extension('2.16.840.1.113730.1.1', false, tlv(0x03, 2, 0x04))] },
  'an authority': { authority: true },
  'an authority with none below': { authority: 0 },
  'an authority with one below': { authority: 1 },
  'no authority': { authority: false },
  'said to be no authority': {
    authority: false,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  },
  'two constraints': { authority: true, extensions: [new BasicConstraintsExtension(true, 0, true)] },
  ended: { notAfter: new Date(NOW.getTime() - 60_000) },
  'of tomorrow': { notBefore: new Date(NOW.getTime() + DAY_MILLISECONDS) },
  'of version 1': { authority: false, version1: true },
  'on P-384': { curve: 'P-384' },
  'on P-521': { curve: 'P-521' },
  'with RSA': { kind: 'rsa' },
  'with short RSA': { kind: 'rsa', rsaBits: 1024 },
  'signed over SHA-1': { hash: 'SHA-1' },
  'signed over SHA-512': { hash: 'SHA-512' },
  'of its issuer’s name': { name: 'CN=level 1,O=Example' },
} as const satisfies Record<string, CertificateWish & { version1?: boolean }>

/** Names what is odd. */
export type Oddity = keyof typeof ODDITIES

/** A chain from its leaf to its anchor: how many authorities it has, and what is odd about which certificate. */
export interface ChainPlan {
  authorities: number
  oddities: readonly { at: number; what: Oddity }[]
  isAnchorSelfSigned: boolean
}

function oddityAt({ authorities, oddities }: ChainPlan, at: number): Oddity[] {
  return oddities.filter((oddity) => oddity.at % (authorities + 1) === at).map(({ what }) => what)
}

/** The certificates of `plan`, from the leaf to the anchor. */
export async function makeOddChain(plan: ChainPlan): Promise<TrialCertificate[]> {
  const root = await makeCertificate({ name: 'CN=hidden', authority: true })
  let issuer = plan.isAnchorSelfSigned ? undefined : root
  const chain: TrialCertificate[] = []
  for (let at = plan.authorities; at >= 0; at -= 1) {
    const wishes: (CertificateWish & { version1?: boolean })[] = oddityAt(plan, at).map(
      (what) => ODDITIES[what],
    )
    const usual =
      at === 0 ? { name: 'CN=deploy,O=Example' } : { name: `CN=level ${at},O=Example`, authority: true }
    const extensions = wishes.flatMap((wish) => wish.extensions ?? [])
    const wish = Object.assign({}, usual, ...wishes, { extensions })
    const certificate = await makeCertificate({ ...wish, keys: await keysFor(wish) }, issuer)
    chain.unshift(wish.version1 ? asVersion1(certificate, issuer ?? certificate) : certificate)
    issuer = chain[0]
  }
  return chain
}

const kept = new Map<string, Promise<webcrypto.CryptoKeyPair>>()

/** Keys are slow to make; that several certificates have the same does not matter here. */
function keysFor({
  kind = 'ec',
  curve = 'P-256',
  rsaBits = 2048,
}: CertificateWish): Promise<webcrypto.CryptoKeyPair> {
  const name = kind === 'ec' ? curve : String(rsaBits)
  const keys = kept.get(name) ?? makeTrialKeys({ kind, curve, rsaBits })
  kept.set(name, keys)
  return keys
}

/** Without its version and extensions, signed again. */
function asVersion1(certificate: TrialCertificate, issuer: TrialCertificate): TrialCertificate {
  const [tbs = Buffer.of(), ...rest] = elements(contentOf(Buffer.from(certificate.der, 'base64')))
  const kept = elements(contentOf(tbs)).filter(([tag]) => tag !== 0xa0 && tag !== 0xa3)
  const body = long(0x30, ...kept)
  const signature = sign('sha256', body, KeyObject.from(issuer.keys.privateKey))
  const der = long(0x30, body, rest[0] ?? Buffer.of(), long(0x03, Buffer.of(0), signature))
  const pem = new X509Certificate(der).toString()
  return { ...certificate, der: der.toString('base64'), pem }
}

function long(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag, 0x82, content.length >> 8, content.length & 0xff), content])
}

function headLength(der: Buffer): { head: number; length: number } {
  const first = der[1] ?? 0
  if (first < 0x80) return { head: 2, length: first }
  const bytes = first & 0x7f
  return { head: 2 + bytes, length: der.readUIntBE(2, bytes) }
}

function contentOf(der: Buffer): Buffer {
  const { head, length } = headLength(der)
  return der.subarray(head, head + length)
}

function elements(content: Buffer): Buffer[] {
  if (content.length === 0) return []
  const { head, length } = headLength(content)
  return [content.subarray(0, head + length), ...elements(content.subarray(head + length))]
}

import { X509Certificate } from 'node:crypto'
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
} from '@landfast/server/x509'
import { expect, test } from 'vitest'
import {
  type CertificateWish,
  makeCertificate,
  type TrialCertificate,
} from '../testing/trial-certificates.ts'
import { authoritiesOf, readChain } from './certificate-chain.ts'
import { readSubjectName } from './subject-name.ts'

const NOW = new Date()
const PAST = new Date(NOW.getTime() - 1000)
const FUTURE = new Date(NOW.getTime() + 86_400_000)

/** Whether a client would be taken that sent these certificates, by an authority that was configured. */
function isTaken(x5c: unknown, authority: TrialCertificate): boolean {
  const chain = readChain(x5c, NOW)
  const certificate = new X509Certificate(authority.pem)
  return chain !== undefined && authoritiesOf(chain, [{ certificate }], NOW).length === 1
}

function makeRoot(wish: CertificateWish = {}): Promise<TrialCertificate> {
  return makeCertificate({ name: 'CN=root', authority: true, kind: 'rsa', ...wish })
}

/** A root, an authority below it and a leaf below that, each as wished. */
async function makeChain(
  wishes: { root?: CertificateWish; middle?: CertificateWish; leaf?: CertificateWish } = {},
) {
  const root = await makeRoot(wishes.root)
  const middle = await makeCertificate({ name: 'CN=middle', authority: true, ...wishes.middle }, root)
  const leaf = await makeCertificate(wishes.leaf, middle)
  return { root, middle, leaf, x5c: [leaf.der, middle.der] }
}

test('a leaf that the authority issued is taken alone', async () => {
  const root = await makeRoot()
  const leaf = await makeCertificate({}, root)
  expect(isTaken([leaf.der], root)).toBe(true)
  expect(isTaken([leaf.der, root.der], root)).toBe(true)
  expect(readChain([leaf.der], NOW)?.subjectName).toBe('CN=deploy')
})

test('a chain is taken with its root and without, and from an authority in the middle of it', async () => {
  const { root, middle, x5c } = await makeChain()
  expect(isTaken(x5c, root)).toBe(true)
  expect(isTaken([...x5c, root.der], root)).toBe(true)
  expect(isTaken(x5c, middle)).toBe(true)
})

test('another authority takes nothing, even one of the same name', async () => {
  const { x5c } = await makeChain()
  expect(isTaken(x5c, await makeRoot())).toBe(false)
  expect(isTaken(x5c, await makeRoot({ name: 'CN=other' }))).toBe(false)
})

test('a leaf is not its own authority, however it calls itself', async () => {
  const self = await makeCertificate()
  expect(isTaken([self.der], self)).toBe(false)
  expect(isTaken([self.der, self.der], self)).toBe(false)
  const root = await makeRoot()
  expect(isTaken([root.der], root)).toBe(false)
})

test('links that do not follow each other are refused', async () => {
  const { root, middle, leaf } = await makeChain()
  const stranger = await makeCertificate({ name: 'CN=middle', authority: true })
  for (const x5c of [[leaf.der, stranger.der], [middle.der, leaf.der], [leaf.der], [leaf.der, root.der]]) {
    expect(isTaken(x5c, root)).toBe(false)
  }
})

const critical = new Extension('1.2.3.4', true, new Uint8Array([5, 0]))
const nameConstraints = new Extension('2.5.29.30', true, new Uint8Array([0x30, 0]))
const byTheWay = new Extension('2.5.29.30', false, new Uint8Array([0x30, 0]))
const forServers = new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])
const FAULTS: Record<string, Parameters<typeof makeChain>[0]> = {
  'an authority that is none': { middle: { authority: false } },
  'an authority that may not have one below it': { root: { authority: 0 } },
  'an authority that may not sign certificates': {
    middle: { extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)] },
  },
  'a leaf that has ended': { leaf: { notAfter: PAST } },
  'a leaf of tomorrow': { leaf: { notBefore: FUTURE } },
  'an authority that has ended': { middle: { notAfter: PAST } },
  'a root that has ended': { root: { notAfter: PAST } },
  'a leaf that is an authority': { leaf: { authority: true } },
  'a leaf on another curve': { leaf: { curve: 'P-384' } },
  'a leaf with a short key': { leaf: { kind: 'rsa', rsaBits: 1024 } },
  'an authority with a short key': { middle: { kind: 'rsa', rsaBits: 1024 } },
  'a signature over SHA-1': { leaf: { hash: 'SHA-1' } },
  'a leaf that may not sign': {
    leaf: { extensions: [new KeyUsagesExtension(KeyUsageFlags.keyEncipherment, true)] },
  },
  'a leaf for servers only': {
    leaf: { extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])] },
  },
  'a leaf for any purpose': {
    leaf: { extensions: [new ExtendedKeyUsageExtension(['2.5.29.37.0'])] },
  },
  'an authority for servers only': { middle: { extensions: [forServers] } },
  'a root for servers only': { root: { extensions: [forServers] } },
  'a root that is limited to names': { root: { extensions: [nameConstraints] } },
  'an authority that is limited to names by the way': { middle: { extensions: [byTheWay] } },
  'a root that is limited to names by the way': { root: { extensions: [byTheWay] } },
  'a root with an unknown critical extension': { root: { extensions: [critical] } },
  'a leaf whose key usage cannot be read': {
    leaf: { extensions: [new Extension('2.5.29.15', false, new Uint8Array([1, 2, 3]))] },
  },
  'an unknown critical extension': { leaf: { extensions: [critical] } },
  'an authority that is limited to names': { middle: { extensions: [nameConstraints] } },
  'a leaf without a subject': { leaf: { name: '' } },
}
for (const [what, wishes] of Object.entries(FAULTS)) {
  test(`${what} is refused`, async () => {
    const { root, x5c } = await makeChain(wishes)
    expect(isTaken(x5c, root)).toBe(false)
  })
}

test('a leaf for clients that may sign is taken, from an authority with room for one below it', async () => {
  const extensions = [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]
  const { root, x5c } = await makeChain({ root: { authority: 1 }, leaf: { extensions, kind: 'rsa' } })
  expect(isTaken(x5c, root)).toBe(true)
})

test('a certificate that names another issuer than the one that signed it is refused', async () => {
  const root = await makeRoot()
  const leaf = await makeCertificate({}, { ...root, name: 'CN=other' })
  expect(isTaken([leaf.der], root)).toBe(false)
})

test('a chain has five certificates at most', async () => {
  const root = await makeRoot()
  const chain = [root]
  for (let depth = 0; depth < 5; depth += 1) {
    chain.unshift(await makeCertificate({ name: `CN=a${depth}`, authority: true }, chain[0]))
  }
  const leafOf = (issuer: TrialCertificate | undefined) => makeCertificate({}, issuer)
  const sent = (leaf: TrialCertificate, from: number) =>
    [leaf, ...chain.slice(from, -1)].map(({ der }) => der)
  expect(isTaken(sent(await leafOf(chain[1]), 1), root)).toBe(true)
  expect(isTaken(sent(await leafOf(chain[0]), 0), root)).toBe(false)
})

test('a certificate that is far longer than any needs to be is refused', async () => {
  const root = await makeRoot()
  for (const [bytes, taken] of [
    [1000, true],
    [9000, false],
  ] as const) {
    const extensions = [new Extension('1.2.3.4', false, new Uint8Array(bytes))]
    const leaf = await makeCertificate({ extensions }, root)
    expect(isTaken([leaf.der], root)).toBe(taken)
  }
})

test('what is no list of a few certificates is refused', async () => {
  const { root, leaf, middle } = await makeChain()
  const bad = ['x', {}, [], [1], ['AAAA'], ['***'], [leaf.der, 'x'.repeat(9000)], Array(6).fill(middle.der)]
  for (const x5c of bad) expect(isTaken(x5c, root)).toBe(false)
})

test('subject names are the same however they are spaced, and a comma in a value is no new part', async () => {
  expect(readSubjectName('CN=deploy,O=Example')).toBe(readSubjectName('CN=deploy, O=Example'))
  expect(readSubjectName('CN=deploy\\, O=Example')).not.toBe(readSubjectName('CN=deploy, O=Example'))
  for (const text of ['', 'deploy', 'CN', ',']) expect(readSubjectName(text)).toBeUndefined()
  const root = await makeRoot()
  const sly = await makeCertificate({ name: 'CN=deploy\\, O=Example' }, root)
  expect(readChain([sly.der], NOW)?.subjectName).not.toBe(readSubjectName('CN=deploy, O=Example'))
})

import { expect, test } from 'vitest'
import { keyThumbprint } from '../registry/machine-public-key.ts'
import { makeKeyPair, makeProof, type ProofChanges } from '../testing/machine-keys.ts'
import { checkProof } from './key-proof.ts'

const URL = 'https://cp.example/landfast/v1/enrol'
const NOW = new Date('2030-01-01T00:00:00Z')
const NOW_SECONDS = NOW.getTime() / 1000
const RSA = await makeKeyPair('rsa')
const EC = await makeKeyPair('ec')

async function codeOf(changes: ProofChanges, keys = EC): Promise<string | undefined> {
  const proof = await makeProof({ privateKey: keys.privateKey, url: URL, now: NOW }, changes)
  const expected = {
    key: keys.publicKey,
    thumbprint: keyThumbprint(keys.publicKey),
    url: URL,
    now: NOW,
  }
  try {
    checkProof(proof, expected)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a proof by the key itself for this URL is good', async () => {
  expect([await codeOf({}, RSA), await codeOf({}, EC)]).toEqual([undefined, undefined])
})

const REFUSED: [what: string, changes: ProofChanges][] = [
  ['for another route', { claims: { aud: 'https://cp.example/landfast/v1/renew' } }],
  ['for another host', { claims: { aud: 'https://evil.example/landfast/v1/enrol' } }],
  ['for several', { claims: { aud: [URL, 'https://evil.example'] } }],
  ['by another key', { signedBy: RSA.privateKey }],
  ['of another key', { claims: { jkt: 'x'.repeat(43) } }],
  ['of another type', { header: { typ: 'JWT' } }],
  ['of no type', { header: { typ: undefined } }],
  ['without a jti', { claims: { jti: undefined } }],
  ['without an end', { claims: { exp: undefined } }],
  ['without a beginning', { claims: { iat: undefined } }],
  ['that ends as text', { claims: { exp: '9999999999' } }],
  ['that is good for eleven minutes', { claims: { exp: NOW_SECONDS + 660 } }],
]
test.each(REFUSED)('a proof %s is refused', async (_what, changes) => {
  expect(await codeOf(changes)).toBe('InvalidProof')
})

test('the clocks of both sides may differ by five minutes', async () => {
  const lived = (begin: number) => ({ claims: { iat: NOW_SECONDS + begin, exp: NOW_SECONDS + begin + 300 } })
  expect(await codeOf(lived(-599))).toBeUndefined()
  expect(await codeOf(lived(300))).toBeUndefined()
  expect(await codeOf(lived(-600))).toBe('ProofOutOfTime')
  expect(await codeOf(lived(301))).toBe('ProofOutOfTime')
})

test('what is not a JWT is refused', () => {
  const expected = { key: EC.publicKey, thumbprint: 't', url: URL, now: NOW }
  for (const proof of ['', 'x', 'a.b.c', 'x'.repeat(100_000)]) {
    expect(() => checkProof(proof, expected)).toThrow(expect.objectContaining({ code: 'InvalidProof' }))
  }
})

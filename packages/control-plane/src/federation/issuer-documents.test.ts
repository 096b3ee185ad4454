import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { FOREIGN_ALGORITHMS } from '@landfast/server'
import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { FederationError } from './federation-error.ts'
import { discoveryUrl, KEYS_MAX, readKeySet, readKeysUrl } from './issuer-documents.ts'

const ISSUER = 'https://issuer.example/tenant'

test.each([
  ['https://issuer.example', 'https://issuer.example/.well-known/openid-configuration'],
  ['https://issuer.example/', 'https://issuer.example/.well-known/openid-configuration'],
  ['https://issuer.example/a/b/', 'https://issuer.example/a/b/.well-known/openid-configuration'],
  ['https://issuer.example/a//', 'https://issuer.example/a//.well-known/openid-configuration'],
])('the discovery document of %s is at %s', (issuer, url) => {
  expect(discoveryUrl(issuer).href).toBe(url)
})

test('the document says where the keys are, also on another host', () => {
  const url = readKeysUrl({ issuer: ISSUER, jwks_uri: 'https://keys.example:8443/k?v=1' }, ISSUER)
  expect(url.href).toBe('https://keys.example:8443/k?v=1')
})

test.each([
  [`${ISSUER}/`],
  ['https://ISSUER.example/tenant'],
  ['https://issuer.example'],
  [''],
  [undefined],
  [null],
  [[ISSUER]],
])('a document that states the issuer %j is another one', (issuer) => {
  const read = () => readKeysUrl({ issuer, jwks_uri: 'https://keys.example' }, ISSUER)
  expect(read).toThrow(expect.objectContaining({ code: 'issuer_mismatch' }))
})

test('where the issuers differ, both are said, and nothing in them begins a line or is long', () => {
  const read = (issuer: unknown) => () => readKeysUrl({ issuer }, ISSUER)
  expect(read(`${ISSUER}/`)).toThrow(`(it states "${ISSUER}/", not "${ISSUER}")`)
  expect(read('a\nb\u202e')).toThrow('it states "a\\u000ab\\u202e", not')
  expect(read('x'.repeat(400_000))).toThrow(/^.{1,2500}$/)
  expect(read(7)).toThrow('it states none, not')
})

test.each([
  'http://keys.example',
  'file:///etc/passwd',
  'https://user@keys.example',
  'https://user:word@keys.example',
  '/keys',
  '',
  7,
  undefined,
])('the keys URL %j is refused', (jwks_uri) => {
  const read = () => readKeysUrl({ issuer: ISSUER, jwks_uri }, ISSUER)
  expect(read).toThrow(expect.objectContaining({ code: 'issuer_keys_url' }))
})

let rsa: Record<string, unknown>
let ec: Record<string, unknown>
beforeAll(() => {
  rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey, 'r')
  ec = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, 'e')
})

function jwkOf(key: KeyObject, kid: string): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid }
}

test('RSA and P-256 keys are found by their name and their algorithm', () => {
  const keys = readKeySet({
    keys: [rsa, { ...ec, alg: 'ES256', use: 'sig', key_ops: ['verify'], x5c: ['x'] }],
  })
  expect(keys.find({ alg: 'RS256', kid: 'r' })?.asymmetricKeyType).toBe('rsa')
  expect(keys.find({ alg: 'ES256', kid: 'e' })?.asymmetricKeyType).toBe('ec')
  expect(keys.find({ alg: 'ES256', kid: 'r' })).toBeUndefined()
  expect(keys.find({ alg: 'RS256', kid: 'e' })).toBeUndefined()
})

test.each([
  ['RS256', undefined, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['RS384', 'RS384', ['RS384']],
  ['PS512', 'PS512', ['PS512']],
] as const)('an RSA key is found by %s where its "alg" is %j', (_alg, alg, good) => {
  const keys = readKeySet({ keys: [{ ...rsa, alg }] })
  expect(FOREIGN_ALGORITHMS.filter((one) => keys.find({ alg: one, kid: 'r' })).sort()).toEqual(
    [...good].sort(),
  )
})

test.each([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
])('a key on %s is found by %s alone', (namedCurve, alg) => {
  const key = jwkOf(generateKeyPairSync('ec', { namedCurve }).publicKey, 'k')
  const keys = readKeySet({ keys: [key] })
  expect(FOREIGN_ALGORITHMS.filter((one) => keys.find({ alg: one, kid: 'k' }))).toEqual([alg])
})

test('of two keys with one name the first counts', () => {
  const other = { ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, 'e') }
  const key = readKeySet({ keys: [ec, other] }).find({ alg: 'ES256', kid: 'e' })
  expect(key?.export({ format: 'jwk' }).x).toBe(ec.x)
})

describe('a key is left out', () => {
  const wrong: [why: string, key: () => unknown][] = [
    ['that is for encryption', () => ({ ...rsa, use: 'enc' })],
    ['that is for signing, not for verifying', () => ({ ...rsa, key_ops: ['sign'] })],
    ['whose operations are no list', () => ({ ...rsa, key_ops: 'verify' })],
    ['for encryption by its algorithm', () => ({ ...rsa, alg: 'RSA-OAEP' })],
    ['for a secret by its algorithm', () => ({ ...rsa, alg: 'HS256' })],
    ['whose algorithm is no text', () => ({ ...rsa, alg: ['RS256'] })],
    ['for an algorithm of another kind', () => ({ ...rsa, alg: 'ES256' })],
    ['without a name', () => ({ ...rsa, kid: undefined })],
    ['with an empty name', () => ({ ...rsa, kid: '' })],
    ['whose name is no text', () => ({ ...rsa, kid: 7 })],
    ['that is a secret', () => ({ kty: 'oct', k: 'c2VjcmV0', kid: 'r', alg: 'HS256' })],
    ['that is an Edwards key', () => jwkOf(generateKeyPairSync('ed25519').publicKey, 'o')],
    [
      'for the algorithm of another curve',
      () => ({ ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, 'p'), alg: 'ES256' }),
    ],
    ['on another curve', () => jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey, 'p')],
    [
      'on a curve of coins',
      () => jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, 'p'),
    ],
    ['that is short', () => jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, 's')],
    [
      'with a small exponent',
      () => jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey, 's'),
    ],
    ['with an exponent that makes verifying dear', () => ({ ...rsa, e: `${rsa.n}` })],
    ['that is too long', () => ({ ...rsa, n: Buffer.alloc(1100, 255).toString('base64url') })],
    ['that is broken', () => ({ ...ec, x: 'AAAA' })],
    ['whose private half is published', () => ({ ...privateJwk(), kid: 'p' })],
    ['that is no object', () => 'key'],
    ['that is a list', () => [rsa]],
    ['that is null', () => null],
  ]
  test.each(wrong)('%s', (_why, key) => {
    expect(() => readKeySet({ keys: [key()] })).toThrow(
      expect.objectContaining({ code: 'issuer_keys_unusable' }),
    )
    expect(readKeySet({ keys: [key(), ec] }).find({ alg: 'ES256', kid: 'e' })).toBeDefined()
  })
})

function privateJwk(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'jwk' })
}

test('a set of 100 keys is read, one of 101 is not', () => {
  const many = (count: number) => ({
    keys: Array.from({ length: count }, (_, n) => ({ ...ec, kid: `e${n}` })),
  })
  expect(readKeySet(many(KEYS_MAX)).find({ alg: 'ES256', kid: 'e99' })).toBeDefined()
  expect(() => readKeySet(many(KEYS_MAX + 1))).toThrow(expect.objectContaining({ code: 'issuer_keys_many' }))
})

test('whatever JSON an issuer answers, it is read or refused with a code', () => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom('RSA', 'EC', 'sig', 'P-256', 'AQAB', ISSUER))
  const entry = fc.dictionary(
    fc.constantFrom('kty', 'kid', 'n', 'e', 'crv', 'x', 'y', 'use', 'alg', 'key_ops'),
    member,
  )
  const document = fc.oneof(
    fc.jsonValue(),
    fc.record({ keys: fc.array(fc.oneof(entry, fc.jsonValue())), issuer: member, jwks_uri: member }),
  )
  fc.assert(
    fc.property(document, (value) => {
      for (const read of [() => readKeySet(value), () => readKeysUrl(value, ISSUER)]) {
        try {
          read()
        } catch (error) {
          expect(error).toBeInstanceOf(FederationError)
        }
      }
    }),
  )
})

test('no number is made of an exponent of hundreds of kB, which would keep everybody waiting for minutes', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const details = vi.spyOn(
    Object.getPrototypeOf(Object.getPrototypeOf(publicKey)),
    'asymmetricKeyDetails',
    'get',
  )
  details.mockImplementation(() => {
    throw new Error('a number was made')
  })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'large', e: '_'.repeat(400_000) }
  const read = () => readKeySet({ keys: [key] })
  expect(read).toThrow(expect.objectContaining({ code: 'issuer_keys_unusable' }))
  details.mockRestore()
})

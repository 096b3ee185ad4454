import { createHmac, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { jwtVerify, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { isSignedBy, parseJwt, signJwt } from './signed-jwt.ts'

const RSA = await makeKeyPair('rsa')
const EC = await makeKeyPair('ec')

function makeKeyPair(kind: 'rsa' | 'ec') {
  return kind === 'rsa'
    ? promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    : promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function isGood(jwt: string, key: KeyObject): Promise<boolean> {
  const parsed = parseJwt(jwt)
  return parsed !== undefined && isSignedBy(parsed, key)
}

for (const [alg, { privateKey, publicKey }] of [
  ['PS256', RSA],
  ['RS256', RSA],
  ['ES256', EC],
] as const) {
  test(`what jose signed with ${alg} is good, by this key and for these bytes alone`, async () => {
    const jwt = await new SignJWT({ a: 1 }).setProtectedHeader({ alg }).sign(privateKey)
    const [header, , signature] = jwt.split('.')
    expect(await isGood(jwt, publicKey)).toBe(true)
    expect(parseJwt(jwt)?.claims).toEqual({ a: 1 })
    expect(await isGood(jwt, (await makeKeyPair(alg === 'ES256' ? 'ec' : 'rsa')).publicKey)).toBe(false)
    expect(await isGood(jwt, (alg === 'ES256' ? RSA : EC).publicKey)).toBe(false)
    expect(await isGood(`${header}.${encode({ a: 2 })}.${signature}`, publicKey)).toBe(false)
  })
}

for (const [alg, { privateKey, publicKey }] of [
  ['PS256', RSA],
  ['ES256', EC],
] as const) {
  test(`what is signed here with ${alg} is good, for jose as well`, async () => {
    const jwt = signJwt({ typ: 'x' }, { a: 1 }, privateKey)
    expect(await isGood(jwt, publicKey)).toBe(true)
    const { payload, protectedHeader } = await jwtVerify(jwt, publicKey)
    expect([protectedHeader, payload]).toEqual([{ alg, typ: 'x' }, { a: 1 }])
  })
}

test('an algorithm that the key is not for is refused, whatever the header says', async () => {
  const claims = encode({ a: 1 })
  const secret = RSA.publicKey.export({ format: 'pem', type: 'spki' })
  for (const alg of ['HS256', 'none', 'PS384', 'RS512', 'ES256', 'toString', '', 7, null, undefined]) {
    const input = `${encode({ alg })}.${claims}`
    const signature = createHmac('sha256', secret).update(input).digest('base64url')
    expect([alg, await isGood(`${input}.${signature}`, RSA.publicKey)]).toEqual([alg, false])
  }
})

test('a signature of another algorithm of the same key is refused', async () => {
  const jwt = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'RS256' }).sign(RSA.privateKey)
  const [, claims, signature] = jwt.split('.')
  expect(await isGood(`${encode({ alg: 'PS256' })}.${claims}.${signature}`, RSA.publicKey)).toBe(false)
})

test('a critical extension is refused', async () => {
  const crit = { alg: 'ES256', crit: ['x'], x: 1 }
  const jwt = await new SignJWT({}).setProtectedHeader(crit).sign(EC.privateKey, { crit: { x: true } })
  expect(await isGood(jwt, EC.publicKey)).toBe(false)
})

test.each(['', 'x', 'a.b', 'a.b.c', '..', `${encode([])}.${encode({})}.x`, `${encode({})}.${encode('s')}.x`])(
  '%j is no JWT',
  (jwt) => {
    expect(parseJwt(jwt)).toBeUndefined()
  },
)

test('a JWT of more than 4096 characters is not looked at', () => {
  expect(parseJwt(`${encode({})}.${encode({ a: 'x'.repeat(4096) })}.x`)).toBeUndefined()
})

test('whatever comes, it is read or not, and never believed', () => {
  const part = fc.oneof(fc.base64String(), fc.jsonValue().map(encode), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const parsed = parseJwt(parts.join('.'))
      return parsed === undefined || !isSignedBy(parsed, RSA.publicKey)
    }),
  )
})

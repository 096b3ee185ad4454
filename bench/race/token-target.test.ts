import { constants, createPublicKey, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { hasToken, prepareRequest, type TokenTarget } from './token-target.ts'

async function makeClient(clientId: string) {
  const { pem, privateKey } = await makeCertificate({ kind: 'rsa' })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { clientId, certificate: pem, privateKey: key }
}

const [client, stranger] = await Promise.all([makeClient('client'), makeClient('stranger')])

const TARGET: TokenTarget = {
  ...{ kind: 'form', path: '/token', audience: 'https://127.0.0.1:1/token', isScoped: false },
  ...{ connection: { host: '127.0.0.1', port: 1 }, clients: [client, stranger] },
}

function formOf(request: Buffer): URLSearchParams {
  const [head = '', body = ''] = request.toString().split('\r\n\r\n')
  expect(head).toContain(`Content-Length: ${body.length}`)
  return new URLSearchParams(body)
}

/** Whose key signed the assertion of a request. */
function isSignedBy({ certificate }: typeof client, request: Buffer): boolean {
  const [header, claims, signature = ''] = (formOf(request).get('client_assertion') ?? '').split('.')
  const key = { key: createPublicKey(certificate), padding: constants.RSA_PKCS1_PSS_PADDING }
  return verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
}

test('every request has an assertion of its own, signed by its client', () => {
  const [one, other] = [prepareRequest(TARGET, client), prepareRequest(TARGET, client)]
  expect([one, other].every((request) => isSignedBy(client, request))).toBe(true)
  expect(one.equals(other)).toBe(false)
  expect(formOf(one).has('scope')).toBe(false)
})

test('a forged one names its client and is signed by another', () => {
  const forged = prepareRequest(TARGET, client, stranger)
  expect(isSignedBy(stranger, forged)).toBe(true)
  expect(formOf(forged).get('client_id')).toBe('client')
})

test('only an answer of success with a JWT in it counts', () => {
  const body = '{"access_token":"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk"}'
  expect(hasToken({ status: 200, body })).toBe(true)
  expect(hasToken({ status: 400, body })).toBe(false)
  expect(hasToken({ status: 200, body: '{"access_token":"opaque"}' })).toBe(false)
})

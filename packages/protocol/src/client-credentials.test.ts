import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertionClaims, audienceOfScope, clientCredentialsForm } from './client-credentials.ts'
import { hasControlCharacters } from './query.ts'

test('an assertion is by and about the client, for one token endpoint and five minutes', () => {
  const claims = assertionClaims({ tokenEndpoint: 'https://h/t', clientId: 'c', jti: 'j', nowSeconds: 1000 })
  expect(claims).toEqual({
    aud: 'https://h/t',
    iss: 'c',
    sub: 'c',
    jti: 'j',
    iat: 1000,
    nbf: 700,
    exp: 1300,
  })
})

test('the form asks for all that the client may have of the resource', () => {
  expect(clientCredentialsForm({ clientId: 'c', audience: 'https://x/', assertion: 'a' })).toEqual({
    client_id: 'c',
    client_assertion: 'a',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    grant_type: 'client_credentials',
    scope: 'https://x//.default',
  })
})

test.each([
  ['https://vault.azure.net/.default', 'https://vault.azure.net'],
  ['https://vault.azure.net//.default', 'https://vault.azure.net/'],
  ['api://a/.default', 'api://a'],
  ['00000003-0000-0000-c000-000000000000/.default', '00000003-0000-0000-c000-000000000000'],
  ['https://vault.azure.net/.default openid offline_access profile', 'https://vault.azure.net'],
  ['openid profile email offline_access api://shop/.default', 'api://shop'],
])('the scope %j names the resource %j', (scope, resource) => {
  expect(audienceOfScope(scope)).toBe(resource)
})

test.each([
  '',
  '/.default',
  'https://x',
  'https://x/.DEFAULT',
  'https://x/.default ',
  'https://x/.default/',
  'https://x/user_impersonation',
  'https://x/.default https://y/.default',
  'https://x\n/.default',
  'https://x\0/.default',
  'https://x\u00a0/.default',
  'openid profile offline_access',
  'https://a/.default openid https://b/.default',
  'https://a/.default OpenID',
  'https://a/.default ',
  'https://a/.default/.default',
  'https%3A%2F%2Fa%2F.default/.default',
])('the scope %j names no single resource', (scope) => {
  expect(audienceOfScope(scope)).toBeUndefined()
})

test('every resource that can be asked for is read back out of its scope', () => {
  const resource = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/\s/.test(text) && !hasControlCharacters(text))
  fc.assert(
    fc.property(resource, (value) => {
      const { scope = '' } = clientCredentialsForm({ clientId: 'c', audience: value, assertion: 'a' })
      expect(audienceOfScope(scope)).toBe(value)
    }),
  )
})

test('whatever the scope, a resource is never empty and holds neither spaces nor control characters', () => {
  const scope = fc
    .tuple(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '/.default', '/.default/.default', ' /.default'),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(scope, (text) => {
      const resource = audienceOfScope(text)
      return resource === undefined || (/^\S+$/.test(resource) && !hasControlCharacters(resource))
    }),
  )
})

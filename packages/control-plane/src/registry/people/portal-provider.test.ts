import { expect, test } from 'vitest'
import { readPortalProvider } from './portal-provider.ts'

const GOOD = { issuer: 'https://login.example.com/realms/staff', clientId: 'portal' }

test('what an operator does not say has a default', () => {
  expect(readPortalProvider(GOOD)).toEqual({
    ...GOOD,
    groupsClaim: 'groups',
    scopes: ['openid', 'profile'],
  })
})

test.each([
  [{ issuer: 'http://login.example.com' }, 'issuer'],
  [{ issuer: 'https://login.example.com?tenant=x' }, 'issuer'],
  [{ issuer: '' }, 'issuer'],
  [{ issuer: 'https://login.microsoftonline.com/common/v2.0' }, 'issuer'],
  [{ issuer: 'https://login.microsoftonline.com/Common/v2.0/' }, 'issuer'],
  [{ issuer: 'https://LOGIN.microsoftonline.us//organizations/' }, 'issuer'],
  [{ issuer: 'https://sts.windows.net/consumers' }, 'issuer'],
  [{ clientId: ' ' }, 'clientId'],
  [{ clientSecret: '' }, 'clientSecret'],
  [{ groupsClaim: '' }, 'groupsClaim'],
  [{ scopes: ['profile'] }, 'scopes'],
  [{ scopes: ['openid', 'a b'] }, 'scopes'],
])('%j is refused, and the option is named', (change, option) => {
  expect(() => readPortalProvider({ ...GOOD, ...change })).toThrow(
    `the option "portalProvider.${option}" must be`,
  )
})

test.each([
  'https://login.microsoftonline.com/4f1c0f6e-9d0e-4a57-8f43-5d0a3f1b2c4d/v2.0',
  'https://login.microsoftonline.com/commons.example/v2.0',
  'https://login.example.com/common',
  'https://login.example.com/realms/organizations',
])('%s is of one tenant', (issuer) => {
  expect(readPortalProvider({ ...GOOD, issuer }).issuer).toBe(issuer)
})

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

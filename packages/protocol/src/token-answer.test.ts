import { expect, test } from 'vitest'
import { formatTokenAnswer } from './token-answer.ts'

const TOKEN = {
  accessToken: 'a.b.c',
  expiresInSeconds: 3599,
  expiresOn: 1_800_003_599,
  notBefore: 1_800_000_000,
}
const RESOURCE = 'HTTPS://Vault.Azure.Net/%3A/'

test('a token is answered with strings only, numbers in whole decimals, and the resource as asked', () => {
  expect(formatTokenAnswer({ audience: RESOURCE, selector: undefined }, TOKEN)).toEqual({
    access_token: 'a.b.c',
    expires_in: '3599',
    expires_on: '1800003599',
    ext_expires_in: '3599',
    not_before: '1800000000',
    resource: RESOURCE,
    token_type: 'Bearer',
  })
})

test('expires_on comes after expires_in, since one client keeps what it reads last', () => {
  const names = Object.keys(formatTokenAnswer({ audience: 'a', selector: undefined }, TOKEN))
  expect(names.indexOf('expires_on')).toBeGreaterThan(names.indexOf('expires_in'))
})

test('there is no refresh_in, which one client takes for the expiry', () => {
  expect(formatTokenAnswer({ audience: 'a', selector: undefined }, TOKEN)).not.toHaveProperty('refresh_in')
})

test.each(['client_id', 'object_id', 'msi_res_id', 'mi_res_id', 'principal_id'] as const)(
  'the selector %s is echoed as asked, and no other appears',
  (name) => {
    const plain = formatTokenAnswer({ audience: 'a', selector: undefined }, TOKEN)
    const answer = formatTokenAnswer({ audience: 'a', selector: { name, value: 'As/Asked' } }, TOKEN)
    expect(answer).toEqual({ ...plain, [name]: 'As/Asked' })
  },
)

test.each([
  [0, '01/01/1970 00:00:00 +00:00'],
  [1_800_003_599, '01/15/2027 08:59:59 +00:00'],
  [4_102_444_799, '12/31/2099 23:59:59 +00:00'],
])('App Service of old says %i as %s, and what is left in seconds', (expiresOn, text) => {
  const request = { audience: RESOURCE, selector: { name: 'clientid', value: 'A' } } as const
  const answer = formatTokenAnswer(request, { ...TOKEN, expiresOn }, 'local-date')
  expect(answer).toEqual({
    access_token: 'a.b.c',
    clientid: 'A',
    expires_in: '3599',
    expires_on: text,
    resource: RESOURCE,
    token_type: 'Bearer',
  })
  expect(Date.parse(text)).toBe(expiresOn * 1000)
})

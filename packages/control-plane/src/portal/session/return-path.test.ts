import { expect, test } from 'vitest'
import { returnPath } from './return-path.ts'

test.each([
  undefined,
  '',
  'https://evil.example',
  'https://evil.example/portal',
  '//evil.example/portal',
  '/\\evil.example/portal',
  '\t//evil.example/portal',
  'javascript:alert(1)',
  '/portal/../tenants',
  '/portal/%2e%2e/tenants',
  '/portalevil',
  '/portal/sign-in?back=%2Fportal',
  '/portal/sign-out',
  '/portal//sign-in/openid',
  'http://[',
])('%j is no place to go on', (wanted) => {
  expect(returnPath(wanted)).toBe('/portal')
})

test.each(['/portal', '/portal/machines?tag=a%3Db&after=x', '/portal/audit'])('%j is one', (wanted) => {
  expect(returnPath(wanted)).toBe(wanted)
})

test('what an action did is left out', () => {
  expect(returnPath('/portal/machines?done=deleted')).toBe('/portal/machines')
  expect(returnPath('/portal/machines?q=a&done=deleted&done=made')).toBe('/portal/machines?q=a')
})

test('what comes behind a number sign never came to the server and is left out', () => {
  expect(returnPath('/portal/audit#x')).toBe('/portal/audit')
})

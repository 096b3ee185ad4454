import { expect, test } from 'vitest'
import { isLoopback, readEndpointUrl } from './endpoint-url.ts'

test('localhost is 127.0.0.1, so that no name has to be asked for', () => {
  expect(readEndpointUrl('X', 'http://localhost:40342/a').href).toBe('http://127.0.0.1:40342/a')
})

test('with TLS it stays localhost, for which the certificate is', () => {
  expect(readEndpointUrl('X', 'https://localhost:8443').hostname).toBe('localhost')
})

test.each([
  '',
  'a',
  '/a',
  'ftp://a',
  'file:///etc/passwd',
  'javascript:1',
  'http://',
  'http://u:marked-secret@a/',
  'http://a/#b',
])('%j is refused, and the error does not repeat it', (value) => {
  expect(() => readEndpointUrl('IDENTITY_ENDPOINT', value)).toThrow(
    expect.objectContaining({
      code: 'variable_invalid',
      message: expect.stringMatching(/^(?!.*marked-secret).*IDENTITY_ENDPOINT/),
    }),
  )
})

test('a scheme that is not asked for is refused', () => {
  expect(() => readEndpointUrl('X', 'http://a', ['https'])).toThrow(/https:/)
})

test.each([
  'http://127.0.0.1:1/',
  'http://127.9.9.9/',
  'http://[::1]/',
  'http://0x7f.1/',
  'http://2130706433/',
])('%s is this machine', (value) => {
  expect(isLoopback(new URL(value))).toBe(true)
})

test.each([
  'http://127.0.0.1.evil.example/',
  'http://169.254.169.254/',
  'http://[::2]/',
  'http://10.0.0.1/',
  'http://[::ffff:127.0.0.1]/',
])('%s is not, or not surely', (value) => {
  expect(isLoopback(new URL(value))).toBe(false)
})

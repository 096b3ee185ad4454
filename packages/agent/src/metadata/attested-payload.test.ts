import { parseQuery } from '@landfast/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FACTS } from '../../../../test/agent/instance-facts.ts'
import { attestedPayload, readNonce } from './attested-payload.ts'

const NOW = Date.UTC(2026, 10, 27, 20, 15, 30, 999)

/** The nonce that is read, or the code of the refusal. */
function read(query: string): string | undefined {
  try {
    return readNonce(parseQuery(query))
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('the payload says which machine it is, for six hours', () => {
  expect(JSON.parse(attestedPayload(FACTS, { nonce: '1234567890', now: NOW }))).toEqual({
    licenseType: '',
    nonce: '1234567890',
    plan: { name: '', product: '', publisher: '' },
    sku: 'Ubuntu 24.04.3 LTS',
    subscriptionId: '5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11',
    timeStamp: { createdOn: '11/27/26 20:15:30 -0000', expiresOn: '11/28/26 02:15:30 -0000' },
    vmId: FACTS.vmId,
  })
})

test('without a nonce the time stands in its place', () => {
  const { nonce } = JSON.parse(attestedPayload(FACTS, { nonce: undefined, now: NOW }))
  expect(nonce).toBe('20261127-201530')
})

test('a nonce is 1 to 32 letters and digits, or there is none', () => {
  expect(read('')).toBeUndefined()
  expect(read('nonce=1234567890')).toBe('1234567890')
  expect(read(`nonce=${'a'.repeat(32)}`)).toBe('a'.repeat(32))
})

test.each([
  ['nonce=', 'nonce_malformed'],
  ['nonce', 'nonce_malformed'],
  [`nonce=${'a'.repeat(33)}`, 'nonce_malformed'],
  ['nonce=a%20b', 'nonce_malformed'],
  ['nonce=a%22%2C%22vmId%22%3A%22x', 'nonce_malformed'],
  ['nonce=a%0A', 'nonce_malformed'],
  ['nonce=%C3%A4', 'nonce_malformed'],
  ['nonce=1&nonce=2', 'parameter_repeated'],
  ['nonce=1&Nonce=1', 'parameter_repeated'],
])('of the query "%s" is said: %s', (query, code) => {
  expect(read(query)).toBe(code)
})

test('a nonce of a hundred thousand digits is refused', () => {
  expect(read(`nonce=${'1'.repeat(100_000)}`)).toBe('nonce_malformed')
})

test('whatever is sent as a nonce, it comes out as it was or is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (nonce) => {
      const outcome = read(`nonce=${encodeURIComponent(nonce)}`)
      expect(outcome).toBe(/^[\da-z]{1,32}$/i.test(nonce) ? nonce : 'nonce_malformed')
    }),
  )
})

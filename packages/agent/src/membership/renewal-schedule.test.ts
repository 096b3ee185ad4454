import { expect, test } from 'vitest'
import { renewalDueAt } from './renewal-schedule.ts'

const DAY = 86_400_000

test.each([1, 365])(
  'a certificate that begins %i days before it was made is renewed from its 45th day on',
  (days) => {
    const certificate = { notBefore: -days * DAY, notAfter: 90 * DAY }
    expect(renewalDueAt(certificate, 0)).toBe(45 * DAY)
    expect(renewalDueAt(certificate, 1)).toBe(46 * DAY)
  },
)

test('a short certificate is renewed when half of it is left, and before its end whatever the spread', () => {
  const certificate = { notBefore: 0, notAfter: DAY }
  expect(renewalDueAt(certificate, 0)).toBe(DAY / 2)
  expect(renewalDueAt(certificate, 1)).toBe(DAY)
})

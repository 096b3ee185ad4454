import { expect, test } from 'vitest'
import { describeTimes } from './certificate-times.ts'
import { clockDifference, dateOf, isOutOfTime } from './clock-difference.ts'

const NOW = new Date('2026-01-01T12:00:00Z')
const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

test.each([
  [0, undefined],
  [30, undefined],
  [-30, undefined],
  [31, '31 seconds behind'],
  [-60, '1 minute ahead of'],
  [36_000, '10 hours behind'],
  [-86_400, '1 day ahead of'],
  [400 * 86_400, '400 days behind'],
])('a server that is %i seconds later is told as "%s"', (seconds, text) => {
  expect(clockDifference(after(seconds), NOW)).toBe(text)
})

test('a header without a time has none', () => {
  for (const header of [undefined, '', 'soon']) expect(dateOf(header)).toBeUndefined()
  expect(dateOf('Thu, 01 Jan 2026 12:00:00 GMT')).toEqual(NOW)
})

test('only the two codes of OpenSSL are about times', () => {
  for (const code of ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']) expect(isOutOfTime({ code })).toBe(true)
  for (const error of [undefined, {}, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }])
    expect(isOutOfTime(error)).toBe(false)
})

test('a clock that is behind, one that agrees, and a server that shows none are told apart', () => {
  const times = { validFrom: after(35_000), validTo: after(70_000) }
  const certificate = 'its certificate is good from 2026-01-01T21:43:20Z to 2026-01-02T07:26:40Z'
  const clock = 'and the clock of this machine says 2026-01-01T12:00:00Z'
  expect(describeTimes(times, NOW)).toBe(`${certificate}, ${clock}`)
  expect(describeTimes({ ...times, serverTime: after(36_000) }, NOW)).toBe(
    `${certificate}, ${clock}, 10 hours behind that of the server`,
  )
  expect(describeTimes({ ...times, serverTime: NOW }, NOW)).toBe(
    `${certificate}, ${clock}, like that of the server`,
  )
  expect(describeTimes({ validFrom: after(-1), validTo: after(1) }, NOW)).toContain(
    'a certificate above its own',
  )
})

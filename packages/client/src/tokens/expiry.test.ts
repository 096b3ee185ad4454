import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExpiry, readMoment } from './expiry.ts'

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)
/** An hour from then. */
const END = NOW + 3600_000
const SECONDS = END / 1000

/** Every form in which some endpoint has written `expires_on`. */
const FORMS: [string, unknown][] = [
  ['a string of seconds', String(SECONDS)],
  ['a number of seconds', SECONDS],
  ['a number with a fraction', SECONDS + 0.5],
  ['a string with a fraction', `${SECONDS}.0`],
  ['toISOString()', '2026-11-27T13:00:00.000Z'],
  ['ISO without a fraction', '2026-11-27T13:00:00Z'],
  ['.NET, seven digits and a zone', '2026-11-27T13:00:00.0000000+00:00'],
  ['ISO with another zone', '2026-11-27T15:30:00+02:30'],
  ['ISO with a zone without colon', '2026-11-27T08:00:00-0500'],
  ['Go, RFC 3339', '2026-11-27T13:00:00.123456789Z'],
  ['a space in place of the T', '2026-11-27 13:00:00'],
  ['App Service on Linux', '11/27/2026 13:00:00 +00:00'],
  ['App Service on Windows', '11/27/2026 1:00:00 PM +00:00'],
  ['the same without a zone', '11/27/2026 13:00:00'],
  ['spaces around', ` ${SECONDS} `],
]

test.each(FORMS)('the end is read from %s: %j', (_, value) => {
  expect(readExpiry({ expires_on: value }, NOW)).toBe(END)
})

test.each([
  ['12:00:00 AM is midnight', '9/14/2027 12:00:00 AM +00:00', Date.UTC(2027, 8, 14)],
  ['12:00:00 PM is noon', '9/14/2027 12:00:00 PM +00:00', Date.UTC(2027, 8, 14, 12)],
  ['a short month and day', '1/2/2027 03:04:05', Date.UTC(2027, 0, 2, 3, 4, 5)],
])('%s', (_, value, moment) => {
  expect(readMoment(value)).toBe(moment)
})

test.each([
  undefined,
  null,
  '',
  ' ',
  'soon',
  '-1',
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  [],
  {},
  '0x10',
  '1e9',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '13/01/2026 00:00:00',
  '02/30/2026 00:00:00',
  '11/27/2026 25:00:00',
  '11/27/2026 13:00:00 PM',
  '11/27/2026 0:00:00 AM',
  '11/27/2026 13:60:00',
  '2026-11-27T13:00:00+00:00:00',
  '9'.repeat(400),
])('%j is no moment', (value) => {
  expect(readMoment(value)).toBeUndefined()
})

test.each(['3600', 3600, '3600.9', ' 3600 '])('the seconds that are left are read from %j', (value) => {
  expect(readExpiry({ expires_in: value }, NOW)).toBe(END)
})

test('the earlier of the two counts', () => {
  expect(readExpiry({ expires_on: SECONDS, expires_in: 60 }, NOW)).toBe(NOW + 60_000)
  expect(readExpiry({ expires_on: SECONDS, expires_in: 86_400 }, NOW)).toBe(END)
})

test('where our clock is ahead of the endpoint\u2019s, the seconds that are left count', () => {
  expect(readExpiry({ expires_on: NOW / 1000 - 10, expires_in: 3600 }, NOW)).toBe(END)
})

test('an end that is past stays past where nothing says otherwise', () => {
  expect(readExpiry({ expires_on: NOW / 1000 - 10 }, NOW)).toBe(NOW - 10_000)
})

test('what cannot be read does not hide what can', () => {
  expect(readExpiry({ expires_on: 'soon', expires_in: 3600 }, NOW)).toBe(END)
  expect(readExpiry({ expires_on: SECONDS, expires_in: '' }, NOW)).toBe(END)
})

test('milliseconds in place of seconds are not taken for a token that never ends', () => {
  expect(readExpiry({ expires_on: END }, NOW)).toBeUndefined()
  expect(readExpiry({ expires_in: END }, NOW)).toBeUndefined()
})

test('whatever an answer holds, the end is undefined or a number within reach', () => {
  const value = fc.oneof(fc.anything(), fc.string(), fc.double(), fc.nat().map(String), fc.date().map(String))
  fc.assert(
    fc.property(value, value, (on, left) => {
      const end = readExpiry({ expires_on: on, expires_in: left }, NOW)
      return end === undefined || (Number.isFinite(end) && end <= NOW + 400 * 24 * 3600_000)
    }),
  )
})

test('every moment is read back from both forms of a date', () => {
  const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, (date) => {
      const whole = Math.floor(date.getTime() / 1000) * 1000
      const [year, month, day, time] = new Date(whole).toISOString().split(/[-T.]/)
      expect(readMoment(new Date(whole).toISOString())).toBe(whole)
      expect(readMoment(`${month}/${day}/${year} ${time} +00:00`)).toBe(whole)
    }),
  )
})

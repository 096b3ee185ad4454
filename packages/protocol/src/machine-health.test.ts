import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  HEALTH_PART_MAX_CHARACTERS,
  HEALTH_PART_PATTERN,
  HEALTH_TIME_PATTERN,
  partName,
} from './machine-health.ts'

test.each([
  ['token', ['https://vault.azure.net'], 'token https://vault.azure.net'],
  ['token', ['api://x', 'app'], 'token api://x app'],
  ['token', ['api://x', ''], 'token api://x'],
  ['clock', [], 'clock'],
  ['token-file', ['/var/lib/größe und\nmehr'], 'token-file /var/lib/gr%C3%B6%C3%9Fe%20und%0Amehr'],
  ['token', ['a\u202eb'], 'token a%E2%80%AEb'],
  ['token', ['x'.repeat(100)], `token ${'x'.repeat(100)}`],
  ['token', ['x'.repeat(101)], `token ${'x'.repeat(97)}...`],
] as const)('the part %s of %j is called %s', (kind, words, name) => {
  expect(partName(kind, ...words)).toBe(name)
})

test('a part of whatever words has a name that a control plane takes', () => {
  const words = fc.array(fc.string({ unit: 'binary', maxLength: 120 }), { maxLength: 2 })
  fc.assert(
    fc.property(words, (some) => {
      const name = partName('a-kind-of-part', ...some)
      expect(name).toMatch(new RegExp(HEALTH_PART_PATTERN))
      expect(name.length).toBeLessThanOrEqual(HEALTH_PART_MAX_CHARACTERS)
    }),
  )
})

test('half of a character in a word is no reason to fail', () => {
  expect(partName('token', 'a\ud800')).toBe('token a%EF%BF%BD')
})

test('the time that a machine writes is one that a control plane takes', () => {
  const times = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  fc.assert(fc.property(times, (time) => new RegExp(HEALTH_TIME_PATTERN).test(time.toISOString())))
})

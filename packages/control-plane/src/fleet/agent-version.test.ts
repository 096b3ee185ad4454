import { expect, test } from 'vitest'
import { compareVersions, isVersion } from './agent-version.ts'

test.each([
  ['1.9.0', '1.10.0'],
  ['1.2', '1.2.1'],
  ['1.2.0-rc.1', '1.2.0'],
  ['1.2.0-rc.2', '1.2.0-rc.10'],
  ['1.2.0-1', '1.2.0-beta'],
  ['0.1.0', '1.40.02664.1629'],
])('%s comes before %s, and not the other way', (one, other) => {
  expect(Math.sign(compareVersions(one, other))).toBe(-1)
  expect(Math.sign(compareVersions(other, one))).toBe(1)
})

test.each([
  ['1.2', '1.2.0'],
  ['1.2.0+build.7', '1.2.0+build.8'],
])('%s is neither before nor after %s', (one, other) => {
  expect(compareVersions(one, other)).toBe(0)
})

test.each(['', 'latest', 'v1.2', '1..2', "1.2' or 1", '9'.repeat(100)])('%j is no version', (text) => {
  expect(isVersion(text)).toBe(false)
})

import { expect, test } from 'vitest'
import { isNewer } from './version-order.ts'

test.each([
  ['0.2.0', '0.1.0'],
  ['0.10.0', '0.9.0'],
  ['1.0.0', '0.99.99'],
  ['1.0.1', '1.0'],
  ['1.0.0', '1.0.0-rc.1'],
  ['1.0.0-rc.10', '1.0.0-rc.9'],
  ['1.0.0+b', '0.9.0+c'],
  ['0.0.1', 'nonsense'],
])('%s is newer than %s, and not the other way round', (version, other) => {
  expect([isNewer(version, other), isNewer(other, version)]).toEqual([true, false])
})

test('no version is newer than itself, whatever was built of it', () => {
  for (const [one, other] of [
    ['1.2.3', '1.2.3'],
    ['1.2.3+a', '1.2.3+b'],
    ['1.2.3-rc.1', '1.2.3-rc.1'],
  ] as const)
    expect(isNewer(one, other)).toBe(false)
})

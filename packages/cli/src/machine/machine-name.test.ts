import fc from 'fast-check'
import { expect, test } from 'vitest'
import { machineName, ownNameOf } from './machine-name.ts'

test('any host name becomes a name that a machine may have', () => {
  expect(machineName('web-1.example.org')).toBe('web-1.example.org')
  expect(machineName('')).toBe('machine')
  fc.assert(
    fc.property(fc.string(), (host) => {
      expect(machineName(host)).toMatch(/^[A-Za-z0-9_.-]{1,54}$/)
    }),
  )
})

test.each(['web-1', 'WEB_1.example.org', 'localhost-7', 'ip-10-0-0-4', 'x'.repeat(54)])(
  'a machine is called "%s" as its host is',
  (host) => {
    expect(ownNameOf(host)).toBe(host)
  },
)

test.each([
  '',
  '(none)',
  'localhost',
  'LocalHost',
  'localhost4',
  'localhost.localdomain',
  'localhost6.localdomain6',
  'ip6-localhost',
  '10.0.0.4',
  'fe80::1',
  'bänk',
  'a b',
  'x'.repeat(55),
])('a host called "%s" is asked for the name of the machine', (host) => {
  expect(() => ownNameOf(host)).toThrow(
    expect.objectContaining({
      code: 'argument_missing',
      hints: [expect.stringContaining('--resource-name')],
    }),
  )
})

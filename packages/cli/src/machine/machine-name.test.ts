import fc from 'fast-check'
import { expect, test } from 'vitest'
import { machineName } from './machine-name.ts'

test('any host name becomes a name that a machine may have', () => {
  expect(machineName('web-1.example.org')).toBe('web-1.example.org')
  expect(machineName('')).toBe('machine')
  fc.assert(
    fc.property(fc.string(), (host) => {
      expect(machineName(host)).toMatch(/^[A-Za-z0-9_.-]{1,54}$/)
    }),
  )
})

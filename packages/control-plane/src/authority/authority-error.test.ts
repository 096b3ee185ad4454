import { expect, test } from 'vitest'
import { AuthorityError } from './authority-error.ts'

for (const code of AuthorityError.codes) {
  test(`${code} has a sentence that begins small and ends without a period`, () => {
    expect(new AuthorityError(code).message).toMatch(/^[a-z].*[^.]$/)
  })
}

test('refusals that an agent must tell apart differ in their number', () => {
  const numbers = [
    'client_unknown',
    'client_disabled',
    'signature_invalid',
    'assertion_out_of_time',
    'assertion_spent',
    'internal',
  ] as const
  expect(new Set(numbers.map((code) => new AuthorityError(code).number)).size).toBe(numbers.length)
})

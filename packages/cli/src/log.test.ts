import { expect, test } from 'vitest'
import { reasonsOf } from './log.ts'

test('the log says a reason once, also where an error repeats the words of its cause', () => {
  const cause = new Error('certificate has expired')
  const repeating = new Error('no answer from "x": certificate has expired', { cause })
  expect(reasonsOf(repeating)).toBe('no answer from "x": certificate has expired')
  expect(reasonsOf(new Error('the source failed', { cause: repeating }))).toBe(
    'the source failed: no answer from "x": certificate has expired',
  )
  expect(reasonsOf(new Error('alone', { cause: 'no error' }))).toBe('alone')
})

test('a circle of causes ends', () => {
  const error = new Error('first')
  error.cause = new Error('second', { cause: error })
  expect(reasonsOf(error)).toBe('first: second')
  const own = new Error('own')
  own.cause = own
  expect(reasonsOf(own)).toBe('own')
})

import { expect, test } from 'vitest'
import { parseSpan, readSpanSeconds } from './span.ts'

test.each([
  ['90s', 90],
  ['15m', 900],
  ['2h', 7_200],
  ['7d', 604_800],
])('%s is %i seconds', (text, seconds) => {
  expect(readSpanSeconds('--lifetime', text)).toBe(seconds)
})

test.each(['', '1', 'h', '1.5h', '-1h', '1h ', '1w', '1234567s'])('"%s" is no span', (text) => {
  expect(parseSpan(text)).toBeUndefined()
  expect(() => readSpanSeconds('--lifetime', text)).toThrow(
    expect.objectContaining({ code: 'argument_invalid', message: expect.stringContaining('--lifetime') }),
  )
})

import { expect, test } from 'vitest'
import { oneLine } from './terminal.ts'

test.each([
  ['\n one \n\n \r\n two\n', 'one; two'],
  ['one  two', 'one  two'],
  ['a\u2028b\u001b[2J', 'a\\u2028b\\u001b[2J'],
  ['', ''],
])('%j is printed as the line %j', (text, line) => {
  expect(oneLine(text)).toBe(line)
})

/** Each takes a pattern for a line break between white space many minutes. */
test.each([' ', '\t', '\r'])('a message that repeats %j holds nobody up', (blank) => {
  expect(oneLine(`a${blank.repeat(200_000)}b`).endsWith('b')).toBe(true)
})

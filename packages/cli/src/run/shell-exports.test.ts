import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatExports, parseExports, quoteForShell } from './shell-exports.ts'

const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))

test('what is formatted is parsed back', () => {
  fc.assert(
    fc.property(value, value, (first, second) => {
      expect(parseExports(formatExports({ FIRST: first, SECOND: second }))).toEqual({
        FIRST: first,
        SECOND: second,
      })
    }),
  )
})

test('comments and other lines are passed over', () => {
  expect(parseExports("# export A='1'\nexport B='2'\nunset C\n")).toEqual({ B: '2' })
})

test('a shell reads the same value, whatever it holds', () => {
  for (const text of ['it\'s $(id) `id` \\ "x" ;&|\n*', "''", '', '-n', '!x']) {
    const read = execFileSync('/bin/sh', ['-c', `X=${quoteForShell(text)}; printf %s "$X"`])
    expect(read.toString()).toBe(text)
  }
})

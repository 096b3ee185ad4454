import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { tarOf } from './tar.ts'

test('tar reads what is written, whatever its length', () => {
  const files = [0, 1, 511, 512, 513, 70_000].map((length) => ({
    name: `logs/${length}.txt`,
    text: 'x'.repeat(length),
  }))
  const input = tarOf(files, new Date('2026-03-01T12:00:00Z'))
  const listed = execFileSync('tar', ['--utc', '-tvf', '-'], { input, encoding: 'utf8' })
  expect(
    listed
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual(files.map(({ name, text }) => `-rw------- 0/0 ${text.length} 2026-03-01 12:00 ${name}`))
  expect(execFileSync('tar', ['-xOf', '-', 'logs/513.txt'], { input, encoding: 'utf8' })).toBe(
    'x'.repeat(513),
  )
})

test('a name that does not fit is refused', () => {
  expect(() => tarOf([{ name: 'x'.repeat(101), text: '' }], new Date(0))).toThrow('too long')
})

import { expect, test } from 'vitest'
import { recentlyMade } from './recently-made.ts'

test('what was made is given again', () => {
  const { make, asked } = maker()
  const recent = recentlyMade(2, make)
  expect(recent('a')).toBe(recent('a'))
  expect(asked).toEqual(['a'])
})

test('what was not wanted for the longest is forgotten first', () => {
  const { make, asked } = maker()
  const recent = recentlyMade(2, make)
  for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) recent(text)
  expect(asked).toEqual(['a', 'b', 'c', 'b'])
})

test('a failure is not kept', () => {
  const asked: string[] = []
  const recent = recentlyMade(2, (text) => {
    asked.push(text)
    if (asked.length === 1) throw new Error('not yet')
    return { text }
  })
  expect(() => recent('a')).toThrow('not yet')
  expect(recent('a')).toEqual({ text: 'a' })
})

/** Makes an object of each text, and tells of which. */
function maker() {
  const asked: string[] = []
  const make = (text: string) => {
    asked.push(text)
    return { text }
  }
  return { make, asked }
}

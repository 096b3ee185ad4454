import { expect, test } from 'vitest'
import { createFillRandom } from './random-characters.ts'

const LENGTH = 43

function randomTexts(count: number): string[] {
  const fill = createFillRandom()
  return Array.from({ length: count }, () => {
    const target = Buffer.alloc(LENGTH)
    fill(target, 0)
    return target.toString('latin1')
  })
}

test('characters are base64url and never come twice, over many pools', () => {
  const texts = randomTexts(1000)
  for (const text of texts) expect(text).toMatch(/^[\w-]{43}$/)
  expect(new Set(texts).size).toBe(texts.length)
})

test('every character comes about as often as any other', () => {
  const counts = new Map<string, number>()
  for (const character of randomTexts(4000).join('')) {
    counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  const expected = (4000 * LENGTH) / 64
  expect(counts.size).toBe(64)
  // Seven standard deviations either way.
  const deviation = Math.sqrt(expected)
  for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(7 * deviation)
})

test('what stands before the start is left as it was', () => {
  const target = Buffer.from('id.-----')
  createFillRandom()(target, 3)
  expect(target.toString('latin1')).toMatch(/^id\.[\w-]{5}$/)
})

test('a target longer than the pool is filled to its end', () => {
  const target = Buffer.alloc(10_000)
  createFillRandom()(target, 0)
  expect(target.toString('latin1')).toMatch(/^[\w-]{10000}$/)
})

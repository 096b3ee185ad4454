import { expect, test } from 'vitest'
import { createTurns } from './export-turns.ts'

test('an account has one file of entries made at a time, and another account its own meanwhile', async () => {
  const inTurn = createTurns()
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = inTurn('ada', () => promise)
  const second = inTurn('ada', async () => 'second')
  await expect(second).rejects.toMatchObject({ code: 'file_under_way', status: 429 })
  expect(await inTurn('bob', async () => 'of bob')).toBe('of bob')
  resolve('first')
  expect(await first).toBe('first')
  expect(await inTurn('ada', async () => 'third')).toBe('third')
})

test('after a file that could not be made the next one is', async () => {
  const inTurn = createTurns()
  await expect(inTurn('ada', () => Promise.reject(new Error('the database is away')))).rejects.toThrow('away')
  expect(await inTurn('ada', async () => 'next')).toBe('next')
})

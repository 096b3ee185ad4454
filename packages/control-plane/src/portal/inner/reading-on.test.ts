import { expect, test } from 'vitest'
import { ApiRefusal } from './api-refusal.ts'
import type { ApiPage } from './portal-api.ts'
import { readOn } from './reading-on.ts'

/** A list whose machines are all at its end, and a clock that each answer moves. */
function longList({ answers, milliseconds }: { answers: number; milliseconds: number }) {
  let time = 0
  const asked: string[] = []
  const read = async (after = '0'): Promise<ApiPage> => {
    time += milliseconds
    asked.push(after)
    const number = Number(after) + 1
    return number < answers ? { value: [], next: String(number) } : { value: ['the last'] }
  }
  return { read, asked, now: () => new Date(time) }
}

test('answers without a row are read over', async () => {
  const { read, asked, now } = longList({ answers: 5, milliseconds: 1 })
  expect(await readOn(read, undefined, now)).toEqual({ value: ['the last'] })
  expect(asked).toEqual(['0', '1', '2', '3', '4'])
})

test('when the time is spent the page ends empty, and says where the next one begins', async () => {
  const { read, asked, now } = longList({ answers: 500, milliseconds: 40 })
  expect(await readOn(read, '7', now)).toEqual({ value: [], next: '10' })
  expect(asked).toEqual(['7', '8', '9'])
})

test('a clock that is set back ends the page too', async () => {
  const { read, asked, now } = longList({ answers: 500, milliseconds: -3_600_000 })
  await readOn(read, undefined, now)
  expect(asked).toEqual(['0'])
})

test('an account that has asked too much sees how far was looked, and is refused if that was nowhere', async () => {
  const { read, now } = longList({ answers: 500, milliseconds: 1 })
  const limited = async (after?: string) => {
    if (after === '3' || after === 'spent') throw new ApiRefusal(429, { error: { code: 'TooManyRequests' } })
    return read(after)
  }
  expect(await readOn(limited, undefined, now)).toEqual({ value: [], next: '3' })
  await expect(readOn(limited, 'spent', now)).rejects.toThrow(ApiRefusal)
})

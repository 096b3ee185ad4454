import { expect, test } from 'vitest'
import { Pauses } from './pauses.ts'

const LONG_MS = 2 ** 30

/** How many timers keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('a pause ends', async () => {
  const pauses = new Pauses()
  expect(await pauses.hold(pauses.wait(1).then(() => 'over'))).toBe('over')
})

test('a pause keeps the process alive while somebody waits for what comes after it, and no longer', async () => {
  const pauses = new Pauses()
  const before = timers()
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  void pauses.wait(LONG_MS)
  expect(timers()).toBe(before)
  const held = [pauses.hold(first.promise), pauses.hold(second.promise)]
  expect(timers()).toBe(before + 1)
  void pauses.wait(LONG_MS)
  expect(timers()).toBe(before + 2)
  first.resolve()
  await held[0]
  expect(timers()).toBe(before + 2)
  second.resolve()
  await held[1]
  expect(timers()).toBe(before)
})

test('a failure is passed on, and ends the waiting as well', async () => {
  const pauses = new Pauses()
  const before = timers()
  void pauses.wait(LONG_MS)
  await expect(pauses.hold(Promise.reject(new Error('x')))).rejects.toThrow('x')
  expect(timers()).toBe(before)
})

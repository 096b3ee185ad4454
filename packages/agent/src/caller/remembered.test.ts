import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Remembered } from './remembered.ts'

function start(limits = { goodMs: 10, staleMs: 100 }) {
  const state = { now: 0, asked: 0, answer: 'a', fails: false }
  const memory = new Remembered({ ...limits, monotonic: () => state.now }, async (key: number) => {
    state.asked++
    if (state.fails) throw new Error('the test says so')
    return `${state.answer}${key}`
  })
  return { state, memory }
}

test('a thing is looked up once, however many ask, until it is no longer good', async () => {
  const { state, memory } = start()
  expect(await Promise.all([memory.get(1), memory.get(1), memory.get(2)])).toEqual(['a1', 'a1', 'a2'])
  state.now = 9
  await memory.get(1)
  expect(state.asked).toBe(2)
})

test('what is stale is given while it is looked up again', async () => {
  const { state, memory } = start()
  await memory.get(1)
  Object.assign(state, { now: 10, answer: 'b' })
  expect(await memory.get(1)).toBe('a1')
  expect(await memory.get(1)).toBe('b1')
  expect(state.asked).toBe(2)
})

test('what is older is looked up before it is given', async () => {
  const { state, memory } = start()
  await memory.get(1)
  Object.assign(state, { now: 100, answer: 'b' })
  expect(await memory.get(1)).toBe('b1')
})

test('no more is remembered than a thousand', async () => {
  const { state, memory } = start()
  for (let key = 0; key <= 1000; key++) await memory.get(key)
  await memory.get(1000)
  expect(state.asked).toBe(1001)
  await memory.get(0)
  expect(state.asked).toBe(1002)
})

test('a look-up that fails while what is stale is given harms nobody, and is tried again', async () => {
  const { state, memory } = start()
  await memory.get(1)
  Object.assign(state, { now: 10, fails: true })
  const unhandled = vi.fn()
  process.once('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  expect(await memory.get(1)).toBe('a1')
  await setImmediate()
  expect(unhandled).not.toHaveBeenCalled()
  Object.assign(state, { fails: false, answer: 'b' })
  expect(await memory.get(1)).toBe('a1')
  expect(await memory.get(1)).toBe('b1')
})

test('a look-up that fails fails for those who wait for it, and for nobody after them', async () => {
  const { state, memory } = start()
  state.fails = true
  const waiting = [memory.get(1), memory.get(1)]
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  state.fails = false
  expect(await memory.get(1)).toBe('a1')
  expect(state.asked).toBe(2)
})

test('what was looked up last is forgotten last', async () => {
  const { state, memory } = start()
  for (let key = 0; key < 1000; key++) await memory.get(key)
  state.now = 100
  await memory.get(0)
  await memory.get(1000)
  state.now = 109
  await memory.get(0)
  expect(state.asked).toBe(1002)
})

import { expect, test } from 'vitest'
import { HeldLines } from './held-lines.ts'

/** A descriptor that takes `room` bytes, and then fails with `code`. */
function openTrial(code: string, maxBytes = 100) {
  const trial = { text: '', room: Number.POSITIVE_INFINITY, failures: 0, later: [] as (() => void)[] }
  const lines = new HeldLines({
    write: (bytes) => {
      const taken = bytes.subarray(0, trial.room)
      if (taken.length === 0) throw Object.assign(new Error(code), { code })
      trial.room -= taken.length
      trial.text += taken.toString()
      return taken.length
    },
    onFailure: () => {
      trial.failures += 1
    },
    later: (again) => trial.later.push(again),
    maxBytes,
  })
  return { trial, lines }
}

test('lines that a full disk did not take are written whole and in order when there is room', () => {
  const { trial, lines } = openTrial('ENOSPC')
  trial.room = 6
  for (const line of ['one\n', 'two\n', 'three\n']) lines.write(line)
  expect(trial.text).toBe('one\ntw')
  expect(trial.failures).toBe(2)
  expect(trial.later).toEqual([])
  trial.room = Number.POSITIVE_INFINITY
  lines.write('four\n')
  expect(trial.text).toBe('one\ntwo\nthree\nfour\n')
})

test('what is held has a bound, and what comes beyond it is lost line by line', () => {
  const { trial, lines } = openTrial('ENOSPC', 8)
  trial.room = 0
  for (const line of ['one\n', 'two\n', 'three\n']) lines.write(line)
  trial.room = Number.POSITIVE_INFINITY
  lines.write('four\n')
  lines.write('five\n')
  expect(trial.text).toBe('one\ntwo\nfive\n')
})

test('a reader that is slow is no failure: it is tried again a little later, once', () => {
  const { trial, lines } = openTrial('EAGAIN')
  trial.room = 2
  lines.write('one\n')
  lines.write('two\n')
  expect(trial.failures).toBe(0)
  expect(trial.later.length).toBe(1)
  expect(lines.isDelayed).toBe(true)
  trial.room = Number.POSITIVE_INFINITY
  trial.later[0]?.()
  expect(trial.text).toBe('one\ntwo\n')
  expect(lines.isDelayed).toBe(false)
})

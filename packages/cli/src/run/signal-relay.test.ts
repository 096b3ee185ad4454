import { expect, test } from 'vitest'
import {
  exitCodeOf,
  INSISTENCE_MILLISECONDS,
  isForeground,
  type RelayedSignal,
  signalPolicy,
} from './signal-relay.ts'

test('a terminal’s Ctrl-C is left to the child, which has it already', () => {
  const decide = signalPolicy({ inForeground: () => true, now: () => 0 })
  expect(decide('SIGINT')).toBe('leave')
  expect(decide('SIGQUIT')).toBe('leave')
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as RelayedSignal[]) {
  test(`${signal} without a terminal is forwarded`, () => {
    expect(signalPolicy({ inForeground: () => false, now: () => 0 })(signal)).toBe('forward')
  })
}

test('a second Ctrl-C in a row kills; one much later counts as the first', () => {
  let now = 0
  const decide = signalPolicy({ inForeground: () => true, now: () => now })
  decide('SIGINT')
  now = INSISTENCE_MILLISECONDS
  expect(decide('SIGINT')).toBe('leave')
  now += INSISTENCE_MILLISECONDS - 1
  expect(decide('SIGINT')).toBe('kill')
})

test('the foreground is read from the process’s own line, whatever its name holds', () => {
  expect(isForeground('7 (a b) 1 2) S 1 70 70 34816 70 0')).toBe(true)
  expect(isForeground('7 (node) S 1 70 70 34816 99 0')).toBe(false)
  expect(isForeground('7 (node) S 1 70 70 0 -1 0')).toBe(false)
})

test('the exit code of a signal is the shell’s', () => {
  expect([exitCodeOf('SIGINT'), exitCodeOf('SIGKILL'), exitCodeOf('SIGTERM')]).toEqual([130, 137, 143])
})

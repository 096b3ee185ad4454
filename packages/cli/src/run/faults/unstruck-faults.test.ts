import { expect, test } from 'vitest'
import { faultsOf, readFaultTexts } from './fault-flags.ts'
import { unstruckNotes } from './unstruck-faults.ts'

/** The notes when each fault has struck as often as `struck` says, and these audiences were asked for. */
function notesOf(texts: readonly string[], struck: readonly number[], audiences: readonly string[] = ['a']) {
  const given = readFaultTexts(texts)
  const faults = faultsOf(given).map((fault, index) => ({ fault, struck: struck[index] ?? 0 }))
  return unstruckNotes(given, { faults, requests: audiences.map((resource) => ({ resource })) })
}

test.each([
  [['429', '503,for=60'], [1, 0], '503,for=60'],
  [['throttled', '503'], [0, 1], 'throttled'],
  [['unassign=worker', '429'], [0], '429'],
  [['agent-restart'], [0, 0], 'agent-restart'],
])('of %j struck %j the note names %j', (texts, struck, named) => {
  expect(notesOf(texts, struck)).toEqual([
    `the fault "${named}" struck no request; the command asked for tokens of a`,
  ])
})

test.each([
  [
    ['429', '503'],
    [1, 2],
  ],
  [['cold-start'], [0, 1, 0, 0]],
  // Whether a connection was refused shows nowhere.
  [['connection-refused,for=3'], [0]],
  [['unassign=worker'], []],
])('of %j struck %j there is nothing to note', (texts, struck) => {
  expect(notesOf(texts, struck)).toEqual([])
})

test('the note says what was asked for, each audience once and not too many', () => {
  expect(notesOf(['429'], [0], [])[0]).toMatch(/asked for no token$/)
  expect(notesOf(['429'], [0], [...'aabcdefg'])[0]).toMatch(/asked for tokens of a, b, c, d, e and others$/)
})

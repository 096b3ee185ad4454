import { expect, test } from 'vitest'
import { type Cell, emptyCell, judgeCell } from './cell.ts'
import type { Place } from './known-differences.ts'
import { joinTries, lanesOfRed } from './second-try.ts'

const PLACE: Place = {
  client: 'msal',
  version: '1.0',
  credential: 'managed-identity',
  style: 'arc',
  name: 'system-assigned',
}
const OTHER = { ...PLACE, name: 'cached' } as const
const PROGRAM = { folder: '', run: [], env: {} }

const red = (place: Place): Cell => judgeCell(place, 'no token: timed out', 1)
const green = (place: Place): Cell => judgeCell(place, undefined, 2)

test('only red cells are tried again, each in the lane of its program', () => {
  const lanes = [
    { program: PROGRAM, places: [PLACE, OTHER] },
    { program: PROGRAM, places: [{ ...PLACE, version: '2.0' }] },
  ]
  expect(lanesOfRed(lanes, [green(PLACE), red(OTHER), green({ ...PLACE, version: '2.0' })])).toEqual([
    { program: PROGRAM, places: [OTHER] },
  ])
})

test('a cell that is not red at the second try says what it was at first', () => {
  const joined = joinTries([green(PLACE), red(OTHER)], [green(OTHER)])
  expect(joined).toEqual([green(PLACE), { ...green(OTHER), atFirst: 'no token: timed out' }])
})

test('a cell that is red twice stays as it was, and one that was not tried again too', () => {
  const first = [red(PLACE), red(OTHER), emptyCell({ ...PLACE, name: 'object-id' }, 'not run', 'no option')]
  expect(joinTries(first, [red(PLACE)])).toEqual(first)
})

import { expect, test } from 'vitest'
import { type Cell, emptyCell, judgeCell } from './cell.ts'
import type { Place } from './known-differences.ts'
import { formatPage } from './page.ts'
import { formatTables, totalsOf } from './table.ts'

const PLACE: Place = {
  client: 'msal',
  version: '1.0',
  credential: 'managed-identity',
  style: 'arc',
  name: 'system-assigned',
}

/** A difference that is known: msal leaves it to its caller to try again. */
const KNOWN: Place = { ...PLACE, name: 'throttled' }

test('a cell without a fault is green, and one with a fault is red', () => {
  expect(judgeCell(PLACE, undefined, 1)).toEqual({ ...PLACE, colour: 'green', seconds: 1 })
  expect(judgeCell(PLACE, 'no token: x', 1)).toMatchObject({ colour: 'red', reason: 'no token: x' })
})

test('a difference that is known is the client\u2019s, as long as it looks as it is known', () => {
  expect(judgeCell(KNOWN, 'no token: slow down', 1)).toMatchObject({ colour: 'client', whose: 'by design' })
  expect(judgeCell(KNOWN, 'no token: something else', 1)).toMatchObject({ colour: 'red' })
})

test('a difference that is there no more is red, so that its row goes', () => {
  expect(judgeCell(KNOWN, undefined, 1)).toMatchObject({
    colour: 'red',
    reason: expect.stringContaining('remove its row'),
  })
})

const CELLS: Cell[] = [
  judgeCell(PLACE, undefined, 1),
  judgeCell(KNOWN, 'no token: slow down', 2),
  emptyCell({ ...PLACE, name: 'cached' }, 'not run', 'there is no "python3"'),
  emptyCell({ ...PLACE, name: 'object-id' }, 'not offered', 'the client has no option for it'),
  judgeCell({ ...PLACE, name: 'expiry' }, 'no token: y', 3),
  { ...judgeCell({ ...PLACE, credential: 'default', name: 'denied' }, undefined, 1), goesOn: true },
]

test('what was not run is counted as left out, and proves nothing', () => {
  expect(totalsOf(CELLS)).toEqual({ passed: 3, failed: 1, skipped: 1 })
})

test('the table has a sign for each cell and a note for each that is not as it should be', () => {
  const text = formatTables(CELLS)
  expect(text).toMatch(/^msal 1\.0 +ok +- +\?\[\d\] +RED\[\d\] +\[\d\]$/m)
  expect(text).toContain('RED, ours until shown otherwise: no token: y')
  expect(text).toContain('not run here: there is no "python3"')
  expect(text).toContain("the client's design: it leaves trying again to its caller")
})

test('the page tells the day, the counts, every case and what a chain does after a denial', () => {
  const page = formatPage(CELLS, { date: new Date('2026-11-27T10:00:00Z'), node: 'v24.0.0' })
  expect(page).toContain('Run on 2026-11-27')
  expect(page).toContain("2 cells as they should be, 1 otherwise by the client's own doing, 1 red, 1 not run")
  expect(page).toMatch(/\| `denied` \|/)
  expect(page).toMatch(/\| arc \| msal 1\.0 \| goes on \|/)
})

test('the page tells that a workload identity needs no agent', () => {
  const cell = judgeCell({ ...PLACE, style: 'workload-identity', name: 'federated' }, undefined, 1)
  const page = formatPage([cell], { date: new Date('2026-11-27T10:00:00Z'), node: 'v24.0.0' })
  expect(page).toMatch(/## Workload identity\n\nNo agent is asked/)
})

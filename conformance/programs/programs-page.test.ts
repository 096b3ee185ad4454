import { expect, test } from 'vitest'
import { type Cell, emptyCell, judgeCell } from '../cell.ts'
import type { Place } from '../known-differences.ts'
import { byKind, formatEvery, formatProgramsPage } from './programs-page.ts'

const PLACE: Place = {
  client: 'rclone',
  version: '1.75.2',
  credential: 'managed-identity',
  style: 'arc',
  name: 'system-assigned',
  library: 'azidentity 1.14.0',
}

const { library: _, ...LIBRARY } = { ...PLACE, client: 'azidentity' }

const CELLS: Cell[] = [
  judgeCell(PLACE, undefined, 1),
  judgeCell(
    { ...PLACE, name: 'client-id' },
    "no token: Azure Arc doesn't support user-assigned managed identities",
    1,
  ),
  judgeCell({ ...PLACE, style: 'vm' }, undefined, 1),
  emptyCell({ ...PLACE, style: 'vm', name: 'client-id' }, 'not offered', 'no option'),
  judgeCell(LIBRARY, undefined, 1),
]

test('a program has a line for each way to ask, with a column for each style', () => {
  const { programs } = byKind(CELLS)
  const page = formatProgramsPage(programs, { date: new Date('2026-11-29T10:00:00Z'), node: 'v24.0.0' })
  expect(page).toContain('| program | asks by | identity | arc | vm |')
  expect(page).toContain(
    '| [rclone 1.75.2](programs/rclone.md) | azidentity 1.14.0 | the machine’s own | ok | ok |',
  )
  expect(page).toMatch(/^\| {2}\| {2}\| by client id \| \[1\]\(#note-\w+\) \| - \|$/m)
  expect(page).toContain('2 cells as they should be, 1 otherwise')
})

test('programs and client libraries stand apart', () => {
  expect(byKind(CELLS).clients.map(({ client }) => client)).toEqual(['azidentity'])
  const [clients = '', programs = ''] = formatEvery(CELLS).split('Whole programs')
  expect(clients).toMatch(/^azidentity/m)
  expect(clients).not.toContain('rclone')
  expect(programs).toMatch(/^rclone/m)
})

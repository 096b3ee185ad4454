import { expect, test } from 'vitest'
import { type Cell, emptyCell, judgeCell } from '../cell.ts'
import type { Place } from '../known-differences.ts'
import { formatPage } from '../page.ts'
import { bySystem, formatBoth } from './windows-page.ts'

const PLACE: Place = {
  client: 'msal-go',
  version: '1.0',
  credential: 'managed-identity',
  style: 'arc',
  name: 'marker',
}

const MARKER = judgeCell({ ...PLACE, system: 'windows' }, 'no token: dial tcp 169.254.169.254:80', 1)

const CELLS: Cell[] = [
  judgeCell(PLACE, undefined, 1),
  MARKER,
  judgeCell({ ...PLACE, system: 'windows', name: 'key-file' }, undefined, 1),
  emptyCell({ ...PLACE, system: 'windows', name: 'cached' }, 'not run', 'Wine is not there'),
]

test('a difference on Windows is none on Linux', () => {
  expect(MARKER).toMatchObject({ colour: 'client', whose: 'bug' })
  expect(judgeCell(PLACE, 'no token: dial tcp 169.254.169.254:80', 1)).toMatchObject({ colour: 'red' })
})

test('on the page Windows has tables and counts of its own, with what they prove and what they do not', () => {
  const { linux, windows } = bySystem(CELLS)
  const page = formatPage(linux, { date: new Date('2026-11-29T10:00:00Z'), node: 'v24.0.0' }, { windows })
  const [before = '', after = ''] = page.split('## Windows, on Wine')
  expect(before).toContain('1 cells as they should be, 0 otherwise')
  expect(before).toMatch(/\| `key-file` \|/)
  expect(after).toContain(
    "1 cells as they should be, 1 otherwise by the client's own doing, 0 red, 1 not run",
  )
  const row =
    /\| \[msal-go 1\.0\]\(conformance\/msal-go\.md\) \| \?\[2\]\(#(\S+)\) \| \[1\]\(#(\S+)\) \| ok \|/.exec(
      after,
    )
  expect(after).toContain(`2. <a id="${row?.[1]}"></a>`)
  expect(after).toContain(`1. <a id="${row?.[2]}"></a>`)
  expect(row?.[1]).toMatch(/^windows-note-/)
  expect(after).toContain('What it does not prove: an agent on Windows')
})

test('in a terminal the same client on two systems has two lines', () => {
  expect(formatBoth(CELLS).match(/^msal-go 1\.0 +/gm)).toHaveLength(2)
  expect(formatBoth([CELLS[0] as Cell])).not.toContain('Windows')
})

import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { formatBadge } from './badge.ts'
import { type Cell, emptyCell, judgeCell } from './cell.ts'
import { type ClientFolder, findClientFolders } from './client-folder.ts'
import { comparable } from './comparable.ts'
import { evidencePage, evidencePages } from './evidence.ts'
import type { Place } from './known-differences.ts'
import { formatPage } from './page.ts'

const RUN = { date: new Date('2026-11-29T10:00:00Z'), node: 'v24.0.0' }

const PLACE: Place = {
  client: 'msal',
  version: '1.0',
  credential: 'managed-identity',
  style: 'arc',
  name: 'system-assigned',
}

/** Known to be left to the caller. */
const OTHERWISE = { ...PLACE, name: 'throttled' } as const

const CELLS: Cell[] = [
  judgeCell(PLACE, undefined, 1),
  { ...judgeCell(OTHERWISE, 'no token: slow down', 2), said: 'slow | down' },
  emptyCell({ ...PLACE, name: 'object-id' }, 'not offered', 'no option'),
  judgeCell({ ...PLACE, version: '0.9' }, undefined, 1),
]

const FOLDER = {
  ...{ folder: '', language: 'Python', build: null, run: [], needs: [] },
  clients: [{ name: 'msal', version: '1.0', styles: ['arc', 'vm'] }],
} satisfies ClientFolder

test('the first table counts what came out as it should, of the newest version and by style', () => {
  const page = formatPage(CELLS, RUN, { folders: [FOLDER] })
  expect(page).toContain(
    '| | newest client | arc |\n|---|---|---|\n| Python | [msal 1.0](conformance/msal.md) | 1/2 |',
  )
  const red = formatPage([...CELLS, judgeCell({ ...PLACE, name: 'cached' }, 'no token: x', 1)], RUN, {
    folders: [FOLDER],
  })
  expect(red).toContain('| 1/3 **1 RED** |')
})

test('a number in a table leads to its note, whose anchor stays where others come before it', () => {
  const anchorIn = (page: string) => /\[\d+\]\(#(note-\w+)\)/.exec(page)?.[1]
  const page = formatPage(CELLS, RUN)
  const anchor = anchorIn(page)
  expect(page).toContain(`<a id="${anchor}"></a>`)
  const before = emptyCell({ ...PLACE, client: 'a', name: 'cached' }, 'not run', 'there is no "x"')
  expect(formatPage([before, ...CELLS], RUN)).toContain(`[2](#${anchor})`)
})

test('a cell that was red at first says so in the table, and why on the page of its client', () => {
  const cells = [{ ...judgeCell(PLACE, undefined, 1), atFirst: 'no token: the port 40342 was slow' }]
  expect(formatPage(cells, RUN)).toMatch(/^1\. .*at the second try$/m)
  const page = evidencePages(cells, RUN.date).get('conformance/msal.md')
  expect(page).toContain('at the second try (at the first: no token: the port')
})

test('the page of a client has each cell, with what the client said', () => {
  const pages = evidencePages(CELLS, RUN.date)
  expect([...pages.keys()]).toEqual(['conformance/msal.md'])
  const page = pages.get('conformance/msal.md')
  expect(page).toContain('## msal 1.0, arc')
  expect(page).toContain('| `system-assigned` | ok | 1.0 |  |')
  expect(page).toMatch(/\| `throttled` \| otherwise \| 2\.0 \| the client's .* `slow \\\| down` \|/)
  expect(page).toContain('--client "msal"')
})

test('each client has a page of its own', () => {
  const folders = findClientFolders(fileURLToPath(new URL('.', import.meta.url)))
  const names = new Set(folders.flatMap(({ clients }) => clients.map(({ name }) => name)))
  expect(names.size).toBeGreaterThan(5)
  expect(new Set([...names].map((name) => evidencePage(name))).size).toBe(names.size)
})

test('what a client does under another system stands apart on its page', () => {
  const cells = [...CELLS, judgeCell({ ...PLACE, system: 'windows' }, undefined, 3)]
  const page = evidencePages(cells, RUN.date).get('conformance/msal.md')
  expect(page).toMatch(/## msal 1\.0, arc, on windows\n[^#]*\| `system-assigned` \| ok \| 3\.0 \|/)
})

test('a token that a client shows is not kept', () => {
  const token = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJ4In0', 'c2lnbmF0dXJl'].join('.')
  expect(comparable(`refused "${token}" at once`)).toBe('refused "…" at once')
})

test('what clients say is the same in another run', () => {
  const said = (id: string, port: number) =>
    comparable(
      `at 2026-11-29T10:00:${port % 60}Z, 2026/11/29 10:00:${port % 60}\n  "http://127.0.0.1:${port}/x" refused ${id} \`now\``,
    )
  expect(said('41ad5a8e-12a4-43cb-86a2-01315bfd7291', 40342)).toBe(
    said('7c9e6679-7425-40de-944b-e07fc1f90ae7', 1234),
  )
  expect([...comparable('x'.repeat(500))].length).toBeLessThan(200)
})

test('of a path no place of the host is kept', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  expect(comparable(`"${root}dist/x" got ${tmpdir()}/landfast-emulator-eJAUBn/elsewhere/a`)).toBe(
    '"…/dist/x" got …/elsewhere/a',
  )
  expect(comparable('expected /var/opt/azcmagent/tokens')).toBe('expected /var/opt/azcmagent/tokens')
})

test('the badge says how many cells there are, and is red with the first that is', () => {
  expect(formatBadge(CELLS)).toContain('<title>official Azure SDKs: 2 versions, 3 cells, 0 red</title>')
  expect(formatBadge([...CELLS, judgeCell(PLACE, 'no token: x', 1)])).toContain('1 red')
})

test('the badge counts the SDKs of others alone', () => {
  const own = judgeCell({ ...PLACE, client: '@landfast/client' }, undefined, 1)
  expect(formatBadge([...CELLS, own])).toBe(formatBadge(CELLS))
})

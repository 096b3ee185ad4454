import { describe, expect, test } from 'vitest'
import type { FaultCell } from './fault-cell.ts'
import { formatFaultPage, formatTable } from './fault-page.ts'

const CELL: FaultCell = {
  client: 'a',
  version: '1',
  language: 'Go',
  fault: '410',
  style: 'app-service',
  part: 'once',
  outcome: 'token',
  requests: 2,
  seconds: 1.04,
  message: '',
}
const RUN = { date: new Date(0), node: 'v24.0.0' }

/** Lines of tables that hold `text`. */
const rowsWith = (page: string, text: string) =>
  page.split('\n').filter((line) => line.startsWith(`| ${text}`))

test('a table has a line for each fault in each style, and a column for each client with its language', () => {
  const cells: FaultCell[] = [
    CELL,
    { ...CELL, client: 'b', language: 'C++', outcome: 'error' },
    { ...CELL, style: 'vm', outcome: 'waiting', requests: 8 },
    { ...CELL, fault: '500', outcome: 'not run' },
  ]
  expect(formatTable(cells, 'once').split('\n')).toEqual([
    '| fault | style | a 1 (Go) | b 1 (C++) |',
    '|---|---|---|---|',
    '| `410` | `app-service` | token, 2, 1.0 s | error, 2, 1.0 s |',
    '| `500` | `app-service` | - | - |',
    '| `410` | `vm` | waiting, 8, 1.0 s | - |',
  ])
})

describe('the page', () => {
  const cells: FaultCell[] = [
    { ...CELL, style: 'arc', fault: 'key-refused' },
    CELL,
    { ...CELL, style: 'vm', part: 'always', outcome: 'error', message: 'gone, it says' },
    { ...CELL, part: 'scenario', style: 'vm', fault: 'throttled' },
    { ...CELL, part: 'identity', fault: 'assigned, then taken away' },
  ]
  const page = formatFaultPage(cells, RUN)

  test('names the style of each row, and what each style is', () => {
    const rows = page.split('\n').filter((line) => /\d s \|/.test(line))
    expect(rows).toHaveLength(5)
    for (const row of rows) expect(row).toMatch(/^\| [^|]+ \| `(app-service|vm|arc)` \|/)
    for (const style of ['app-service', 'vm', 'arc']) expect(rowsWith(page, `\`${style}\``)).toHaveLength(1)
    expect(page).toContain('- `410`, `vm`: `gone, it says`')
  })

  test('says by which credential clients are asked, at its head and at each table', () => {
    const [head = '', ...tables] = page.split('\n## ').filter((part) => !part.startsWith('What they say'))
    expect(head).toContain('In C++')
    expect(tables).toHaveLength(4)
    for (const text of [head, ...tables]) expect(text).toMatch(/credential for managed identities/)
    for (const text of [head, ...tables.slice(0, 3)]) expect(text).toContain('`DefaultAzureCredential`')
  })

  test('says which client asks again without a pause', () => {
    const hasty = {
      ...CELL,
      fault: 'key-refused',
      requests: 48_000,
      seconds: 120,
      outcome: 'waiting',
    } as const
    expect(formatFaultPage([hasty], RUN)).toContain(
      'a 1 (Go) asks again without a pause after `key-refused`: 400 times',
    )
    expect(page).not.toContain('without a pause')
  })
})

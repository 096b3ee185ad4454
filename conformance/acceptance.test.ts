import { expect, test } from 'vitest'
import { ACCEPTANCE_ROWS, acceptanceCells, type TestOutcome } from './acceptance.ts'
import { formatAcceptance } from './acceptance-table.ts'
import { formatPage } from './page.ts'

const NAMES = ACCEPTANCE_ROWS.flatMap(({ tests }) => Object.values(tests).flat())
const ALL: TestOutcome[] = NAMES.map((name) => ({ name, state: 'passed' }))
const DATE = new Date('2026-11-28T10:00:00Z')
const FORGED = 'boto3 > gets nothing for a token that is forged'

function changed(name: string, outcome: Partial<TestOutcome>): TestOutcome[] {
  return ALL.map((one) => (one.name === name ? { ...one, ...outcome } : one))
}

function cellOf(outcomes: TestOutcome[]) {
  return acceptanceCells(outcomes).find(({ client, column }) => client === 'boto3' && column === 'forged')
}

test('a cell is green if all its tests passed', () => {
  expect(acceptanceCells(ALL).every(({ colour }) => colour === 'green')).toBe(true)
})

test('a cell whose test failed, was not there or did not end is red', () => {
  const reason = 'expected undefined'
  expect(cellOf(changed(FORGED, { state: 'failed', reason }))).toMatchObject({ colour: 'red', reason })
  expect(cellOf(changed(FORGED, { state: 'pending' }))).toMatchObject({ colour: 'red' })
  const without = ALL.filter(({ name }) => name !== FORGED)
  expect(cellOf(without)).toMatchObject({
    colour: 'red',
    reason: expect.stringContaining('there was no test'),
  })
  expect(acceptanceCells([]).every(({ colour }) => colour === 'red')).toBe(true)
})

test('a library that is missing makes its cells "not run", and the table tells why', () => {
  const cells = acceptanceCells(changed(FORGED, { state: 'skipped', reason: 'boto3 is not installed' }))
  const text = formatAcceptance(cells, DATE)
  expect(text).toMatch(/^\| boto3 \| .* \| ok \| \?\[1\] \| ok \|/m)
  expect(text).toMatch(/^1\. boto3 is not installed$/m)
})

test('the table leaves empty what no test looks at', () => {
  expect(formatAcceptance(acceptanceCells(ALL), DATE)).toMatch(/^\| MSAL for Go \| .* \| ok \|( {2}\|){5}$/m)
})

test('the page has the table of a run that had one', () => {
  const run = { date: DATE, node: 'v24.0.0' }
  expect(formatPage([], run, { acceptance: acceptanceCells(ALL) })).toContain(
    '## Who else accepts the identity',
  )
})

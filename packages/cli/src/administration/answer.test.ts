import { expect, onTestFinished, test, vi } from 'vitest'
import { type Column, printFacts, printTable } from './answer.ts'

interface Row {
  name: string
  note?: string
}

const COLUMNS: readonly Column<Row>[] = [
  ['name', ({ name }) => name],
  ['note', ({ note }) => note],
]

function printed(work: () => void): string {
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => spy.mockRestore())
  work()
  return spy.mock.calls.map(([text]) => text).join('')
}

test('a table has columns of equal width, and "-" for what is not known', () => {
  const rows = [{ name: 'a', note: 'x' }, { name: 'longer' }]
  expect(printed(() => printTable(rows, COLUMNS, {}))).toBe('NAME    NOTE\na       x\nlonger  -\n')
})

test('facts leave out what is not known, and JSON has all there is', () => {
  expect(printed(() => printFacts({ name: 'a' }, COLUMNS, {}))).toBe('name : a\n')
  expect(printed(() => printFacts({ name: 'a', other: 1 }, COLUMNS, { json: true }))).toContain('"other":1')
})

test('what somebody else typed does not steer the terminal', () => {
  const rows = [{ name: 'a\u{1b}[2J\nb' }]
  expect(printed(() => printTable(rows, COLUMNS, {}))).not.toContain('\u{1b}')
})

import { expect, test } from 'vitest'
import { parseReport } from './client-report.ts'

const LINE = {
  client: 'c',
  version: '1',
  outcome: 'error',
  calls: 1,
  claims: null,
  expiresOn: null,
  error: 'no',
  seconds: 0.1,
}

test('a program says what came of it in one line', () => {
  expect(parseReport(`${JSON.stringify(LINE)}\n`)).toEqual(LINE)
})

test.each<[string, string]>([
  ['nothing', ''],
  ['two lines', `a warning\n${JSON.stringify(LINE)}`],
  ['no JSON', 'done'],
  ['no version', JSON.stringify({ ...LINE, version: '' })],
  ['an outcome that nobody knows', JSON.stringify({ ...LINE, outcome: 'perhaps' })],
  ['a token without its claims', JSON.stringify({ ...LINE, outcome: 'token' })],
])('a program that prints %s broke', (_, stdout) => {
  expect(() => parseReport(stdout)).toThrow()
})

test('a program that prints a token is found out', () => {
  const error = `it gave ${'eyJhbGciOiJub25lIn0'}.${'eyJhdWQiOiJhIn0'}.x`
  expect(() => parseReport(JSON.stringify({ ...LINE, error }))).toThrow('printed a token')
})

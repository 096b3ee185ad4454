import { expect, test } from 'vitest'
import { CASE_NAMES } from './cases.ts'
import { COLUMN_NAMES } from './columns.ts'
import { formatUsage, readOptions } from './options.ts'

test('usually the long cases are left out, and with --all they are not', () => {
  expect(readOptions([]).cases).not.toContain('gone')
  expect(readOptions([])).toMatchObject({ all: false, json: false, clients: [] })
  expect(readOptions(['--all']).cases).toContain('gone')
})

test('clients, styles and cases can be chosen, more than one of each', () => {
  expect(
    readOptions(['--client', 'msal', '--client', 'Go', '--style', 'vm', '--case', 'gone']),
  ).toMatchObject({
    clients: ['msal', 'Go'],
    styles: ['vm'],
    cases: ['gone'],
  })
})

test.each([
  ['--style', 'aws'],
  ['--system', 'os2'],
  ['--case', 'nothing'],
])('%s %s is refused with what there is', (option, value) => {
  expect(() => readOptions([option, value])).toThrow(/there is no (style|system|case) ".*"; they are /)
})

test('a system can be chosen', () => {
  expect(readOptions([]).systems).toEqual(['linux', 'windows'])
  expect(readOptions(['--system', 'windows']).systems).toEqual(['windows'])
})

test('an option that nobody knows is refused', () => {
  expect(() => readOptions(['--everything'])).toThrow(/everything/)
})

test('--help tells every flag, style, case and client', () => {
  expect(readOptions(['--help'])).toMatchObject({ help: true })
  const usage = formatUsage(['C: libidentity'])
  const flags = ['--all', '--programs', '--json', '--client', '--system', '--style', '--case']
  for (const name of [...flags, ...COLUMN_NAMES, ...CASE_NAMES, 'C: libidentity']) {
    expect(usage).toContain(name)
  }
})

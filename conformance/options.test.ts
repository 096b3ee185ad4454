import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

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
  ['--case', 'nothing'],
])('%s %s is refused with what there is', (option, value) => {
  expect(() => readOptions([option, value])).toThrow(/there is no (style|case) ".*"; they are /)
})

test('an option that nobody knows is refused', () => {
  expect(() => readOptions(['--everything'])).toThrow(/everything/)
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withTables } from './settings-page.ts'

const PAGE = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8')

test('both tables of settings are written anew, and nothing else of the page', () => {
  expect(withTables(PAGE)).toBe(PAGE)
  const old = PAGE.replace('| `40342` |', '| `1` |').replace(/^\| `url` .*\n/m, '')
  expect(old).not.toBe(PAGE)
  expect(withTables(old)).toBe(PAGE)
})

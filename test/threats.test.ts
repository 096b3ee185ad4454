/** Every test that the tables of threats in docs/security.md name is there, in the file that they name. */

import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../', import.meta.url).pathname

/** A line of a table; its last cell is a path and the name of a test in it. */
const LINE = /^\|[^|]*\|[^|]*\|[^|]*\| `([^`]+)`: "(.+)" \|$/

/** The first two lines of each table. */
const HEAD = /^\| who \||^\|---/

function section(): string[] {
  const page = readFileSync(`${ROOT}docs/security.md`, 'utf8')
  const [, found = ''] = /^## Threats, line by line\n(.*?)(?=^## )/ms.exec(page) ?? []
  return found.split('\n').filter((line) => line.startsWith('|') && !HEAD.test(line))
}

const lines = section()

test('every line of the tables names a test', () => {
  expect(lines.length).toBeGreaterThan(80)
  expect(lines.filter((line) => !LINE.test(line))).toEqual([])
})

test.each(lines.map((line) => [...(LINE.exec(line) ?? [])].slice(1)))(
  '%s has the test "%s"',
  (file, name) => {
    const path = `${ROOT}${file}`
    expect(existsSync(path)).toBe(true)
    const titles = [...readFileSync(path, 'utf8').matchAll(/(?<=\(|\],)\s*(['`])((?:(?!\1).)+)\1,/g)].map(
      ([, , title = '']) =>
        title.replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
    )
    expect(titles).toContain(name)
  },
)

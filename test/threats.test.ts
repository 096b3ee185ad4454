/** Every test that the table of threats in docs/security.md names is there, in the file that it names. */

import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../', import.meta.url).pathname

/** A line of the table; its last cell is a path and the name of a test in it. */
const LINE = /^\|[^|]*\|[^|]*\|[^|]*\| `([^`]+)`: "(.+)" \|$/

function section(): string[] {
  const page = readFileSync(`${ROOT}docs/security.md`, 'utf8')
  const [, found = ''] = /^## Threats, line by line\n(.*?)(?=^## )/ms.exec(page) ?? []
  return found.split('\n').filter((line) => line.startsWith('|'))
}

const [, , ...lines] = section()

test('every line of the table names a test', () => {
  expect(lines.length).toBeGreaterThan(20)
  expect(lines.filter((line) => !LINE.test(line))).toEqual([])
})

test.each(lines.map((line) => [...(LINE.exec(line) ?? [])].slice(1)))(
  '%s has the test "%s"',
  (file, name) => {
    const path = `${ROOT}${file}`
    expect(existsSync(path)).toBe(true)
    const titles = [...readFileSync(path, 'utf8').matchAll(/(?<=\()\s*(['`])((?:(?!\1).)+)\1,/g)].map(
      ([, , title = '']) =>
        title.replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
    )
    expect(titles).toContain(name)
  },
)

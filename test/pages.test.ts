import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** References to our pages by file: `@see` in sources, links in pages. */
const REFERENCES = [
  ...globSync('{packages/*/src,bench,scripts,test}/**/*.{ts,mjs}', { cwd: ROOT }).flatMap((file) =>
    found(file, /@see (docs\/\S+)/g).map((page) => ({ file, page })),
  ),
  ...globSync('{*.md,.github/*.md,docs/**/*.md,examples/*.md,packages/*/README.md}', { cwd: ROOT }).flatMap(
    (file) =>
      found(file, /\]\((?!\w+:)([^)\s]+)\)/g).map((page) => ({
        file,
        page: page.startsWith('#') ? file + page : join(dirname(file), page),
      })),
  ),
]

/** A table refers to the same page in many cells. */
const DIFFERENT = [...new Map(REFERENCES.map((one) => [`${one.file} ${one.page}`, one])).values()]

function found(file: string, pattern: RegExp): string[] {
  return Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(pattern), ([, page = '']) => page)
}

/** Anchors of a page: its headings', as GitHub makes them, and those with an id of their own. */
function anchorsOf(page: string): string[] {
  const headings = found(page, /^#+ (.+)$/gm).map((text) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  return [...headings, ...found(page, /<a id="([^"]+)">/g)]
}

test('there are references to look at', () => {
  expect(REFERENCES.length).toBeGreaterThan(50)
})

test.each(DIFFERENT)('$file refers to $page, which exists', ({ page }) => {
  const [path = '', anchor] = page.split('#')
  expect(existsSync(join(ROOT, path)), path).toBe(true)
  if (anchor) expect(anchorsOf(path)).toContain(anchor)
})

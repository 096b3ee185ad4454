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

function found(file: string, pattern: RegExp): string[] {
  return Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(pattern), ([, page = '']) => page)
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.+)$/gm)
  return Array.from(headings, ([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('there are references to look at', () => {
  expect(REFERENCES.length).toBeGreaterThan(50)
})

test.each(REFERENCES)('$file refers to $page, which exists', ({ page }) => {
  const [path = '', anchor] = page.split('#')
  expect(existsSync(join(ROOT, path)), path).toBe(true)
  if (anchor) expect(anchorsOf(path)).toContain(anchor)
})

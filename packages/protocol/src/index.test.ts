import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const FOLDER = new URL('.', import.meta.url)
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))

/** Every module that a source text names, however it does. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*['"`]([^'"`]+)['"`]/g)].map(
    ([, name = '']) => name,
  )
}

test.each(FILES)('%s imports nothing but files beside it', (file) => {
  const imports = importsOf(readFileSync(new URL(file, FOLDER), 'utf8'))
  for (const name of imports) expect(FILES).toContain(name.replace(/^\.\//, ''))
})

test('the package depends on nothing', () => {
  expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([])
})

test('the README lists every export', () => {
  const index = readFileSync(new URL('index.ts', FOLDER), 'utf8')
  const readme = readFileSync(new URL('../README.md', FOLDER), 'utf8')
  const names = [...index.matchAll(/[{,]\s*(?:type )?(\w+)(?=\s*[,}])/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(50)
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})

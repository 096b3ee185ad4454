/**
 * What a program prints arrives whole only if nothing ends the process before it is written, so one file alone calls
 * `process.exit`.
 */

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PLACES = ['packages/*/{bin,src}', 'scripts', 'bench', 'conformance', 'examples', 'test']
const FILES = globSync(
  PLACES.map((place) => `${place}/**/*.{ts,js,mjs}`),
  { cwd: ROOT, exclude: ['**/node_modules/**', '**/*.test.ts'] },
)

/** Programs that stand for those of strangers: ours must cope with what they do. */
const STRANGERS = /^(conformance\/clients\/|bench\/client-program\.mjs$|test\/checkout\/trial-npm\.mjs$)/

const ENDS =
  /\bprocess\s*\??\.\s*(exit|reallyExit|abort)\b(?!Code)|import\s*\{[^}]*\bexit\b[^}]*\}\s*from 'node:process'/

/** Files that hold `pattern` in code, comments aside. */
function filesWith(pattern: RegExp, files: readonly string[]): string[] {
  return files.filter((file) => {
    const text = readFileSync(`${ROOT}${file}`, 'utf8').replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')
    return pattern.test(text)
  })
}

test('no file but one ends the process', () => {
  expect(FILES.length).toBeGreaterThan(500)
  const ending = filesWith(ENDS, FILES).filter((file) => !STRANGERS.test(file))
  expect(ending).toEqual(['packages/cli/src/output.ts'])
})

test('no file of the command but one writes to the standard streams', () => {
  const ours = FILES.filter((file) => file.startsWith('packages/cli/src/'))
  expect(filesWith(/\bprocess\.(stdout|stderr)\.(write|end)\b|\bconsole\./, ours)).toEqual([])
})

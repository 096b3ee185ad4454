import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The paths of what npm would publish of the package in `folder`. */
function packedFiles(folder: string): string[] {
  const pack = ['pack', `./${folder}`, '--dry-run', '--json', '--ignore-scripts']
  const [packed] = Object.values(JSON.parse(execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' })))
  return (packed as { files: { path: string }[] }).files.map(({ path }) => path)
}

test.each(
  globSync('packages/*/package.json', { cwd: ROOT }).map((file) => file.replace(/.package.json$/, '')),
)('%s is published with its licence, and without what the compiler keeps for itself', (folder) => {
  const files = packedFiles(folder)
  expect(files).toContain('LICENSE')
  expect(files.filter((file) => file.endsWith('.tsbuildinfo'))).toEqual([])
  expect(readFileSync(`${ROOT}${folder}/LICENSE`, 'utf8')).toBe(readFileSync(`${ROOT}LICENSE`, 'utf8'))
})

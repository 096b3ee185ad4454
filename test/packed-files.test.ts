import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './agent/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What a build, the compiler and people leave in a package. */
const LEFT = [
  'dist/index.js',
  'dist/x.tsbuildinfo',
  'src/index.ts',
  'src/index.test.ts',
  'src/y.tsbuildinfo',
  '.env',
]

/** The paths of what npm would publish of the package in `folder`, if a build had left these files in it. */
function packedFiles(folder: string): string[] {
  const copy = temporaryFolder()
  for (const name of ['package.json', 'LICENSE']) cpSync(join(ROOT, folder, name), join(copy, name))
  for (const file of LEFT) {
    mkdirSync(join(copy, file, '..'), { recursive: true })
    writeFileSync(join(copy, file), '')
  }
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [packed] = Object.values(JSON.parse(execFileSync('npm', pack, { cwd: copy, encoding: 'utf8' })))
  return (packed as { files: { path: string }[] }).files.map(({ path }) => path)
}

test.each(
  globSync('packages/*/package.json', { cwd: ROOT }).map((file) => file.replace(/.package.json$/, '')),
)('%s is published with its licence, and without what the compiler keeps for itself', (folder) => {
  const files = packedFiles(folder)
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'dist/index.js']))
  expect(files.filter((file) => /\.tsbuildinfo$|\.test\.ts$|\.env$/.test(file))).toEqual([])
  expect(readFileSync(`${ROOT}${folder}/LICENSE`, 'utf8')).toBe(readFileSync(`${ROOT}LICENSE`, 'utf8'))
})

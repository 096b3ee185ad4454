import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readKeyFileIn } from './key-file.ts'
import { isDirectlyIn, whyFolderUnsafe } from './key-folder.ts'

/** Folders within each other; the last one is the key folder. */
function nested(...names: string[]): string {
  const above = mkdtempSync(join(tmpdir(), 'landfast-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const folder = join(above, ...names)
  mkdirSync(folder, { mode: 0o750, recursive: true })
  return folder
}

test('folders that nobody else may change are safe', () => {
  expect(whyFolderUnsafe(nested('a', 'b', 'tokens'))).toBeUndefined()
})

test.each(['..', '../..', '../../..'])(
  'what others may write is seen however far above it is: %s',
  (above) => {
    const folder = nested('a', 'b', 'tokens')
    const open = join(folder, above)
    chmodSync(open, 0o777)
    expect(whyFolderUnsafe(folder)).toBe(`"${open}" is writable by others (mode 0777)`)
  },
)

test('what others may write is seen where a link leads as well', () => {
  const folder = nested('real', 'b', 'tokens')
  const real = join(folder, '../..')
  chmodSync(real, 0o777)
  symlinkSync(join(folder, '..'), join(real, '../link'))
  expect(whyFolderUnsafe(join(real, '../link/tokens'))).toContain('is writable by others')
})

test('a file in the place of the folder, or a link, is none', () => {
  const folder = nested('tokens')
  const [file, link] = [join(folder, 'file'), join(folder, 'link')]
  writeFileSync(file, '', { mode: 0o640 })
  symlinkSync(folder, link)
  for (const path of [file, link]) expect(whyFolderUnsafe(path)).toBe(`"${path}" is a link or a file`)
})

test.each([
  '/etc/passwd',
  '/tokens/../etc/x.key',
  '/tokens/sub/x.key',
  '/tokens/..key/../x.key',
  '/tokensx/x.key',
  '/tokens//x.key',
  '/tokens/.key',
  '/tokens/x.KEY',
  '/tokens/x.key/',
  'tokens/x.key',
  '',
])('%j is not directly in /tokens', (path) => {
  expect(isDirectlyIn('/tokens', path)).toBe(false)
  expect(() => readKeyFileIn('/tokens', path)).toThrow(expect.objectContaining({ code: 'key_file_foreign' }))
})

test('a key file is directly in its folder, on Windows as well', () => {
  expect(isDirectlyIn('/tokens', '/tokens/x.key')).toBe(true)
  expect(isDirectlyIn('C:\\Tokens', 'C:\\Tokens\\x.key')).toBe(true)
  expect(isDirectlyIn('C:\\Tokens', 'C:\\Tokens\\..\\x.key')).toBe(false)
  expect(isDirectlyIn('C:\\Tokens', 'C:\\Tokens/x.key')).toBe(false)
})

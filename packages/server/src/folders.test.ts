import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { testWith } from '../../../test/privilege.ts'
import { closeEmptyFolder, explainCode, makeFolders, reasonOf } from './folders.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'folders-'))
  onTestFinished(() => rmSync(place, { recursive: true, force: true }))
})

test('a folder and those above it are made once, each with the mode', () => {
  const path = join(place, 'a', 'b', 'c')
  expect(makeFolders(path, 0o700)).toBe(true)
  for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(place, made)).mode & 0o777).toBe(0o700)
  expect(makeFolders(path, 0o755)).toBe(false)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(makeFolders('/', 0o700)).toBe(false)
})

test.each([
  ['an empty one is closed', 0o755, [], 0o700],
  ['one with something in it stays', 0o755, ['file'], 0o755],
  ['one that is shared on purpose stays', 0o1777, [], 0o1777],
  ['one that is closed stays', 0o500, [], 0o500],
] as const)('of the folders that are there, %s', (_, mode, files, after) => {
  const path = join(place, 'there')
  mkdirSync(path)
  for (const file of files) writeFileSync(join(path, file), '')
  chmodSync(path, mode)
  closeEmptyFolder(path)
  expect(statSync(path).mode & 0o7777).toBe(after)
})

testWith(['root'], 'an empty folder of another user stays', () => {
  chmodSync(place, 0o755)
  chownSync(place, 65534, 65534)
  closeEmptyFolder(place)
  expect(statSync(place).mode & 0o777).toBe(0o755)
})

test('a link to a folder is one', () => {
  mkdirSync(join(place, 'real'))
  symlinkSync('real', join(place, 'link'))
  expect(makeFolders(join(place, 'link'), 0o700)).toBe(false)
  expect(makeFolders(join(place, 'link', 'sub'), 0o700)).toBe(true)
  expect(existsSync(join(place, 'real', 'sub'))).toBe(true)
})

test('what cannot be a folder is refused with the system’s reason', () => {
  writeFileSync(join(place, 'file'), '')
  symlinkSync('nowhere', join(place, 'dangling'))
  for (const [path, code] of [
    ['file', 'EEXIST'],
    ['file/below', 'ENOTDIR'],
    ['dangling', 'EEXIST'],
    ['x'.repeat(256), 'ENAMETOOLONG'],
  ] as const) {
    expect(() => makeFolders(join(place, path), 0o700), path).toThrow(expect.objectContaining({ code }))
    expect(reasonOf(code)).toBeDefined()
  }
})

test.runIf(process.platform === 'linux')('where the kernel makes the folders it ends', () => {
  for (const path of ['/proc/landfast', '/proc/landfast/a/b', '/proc/self/fd/a/b', '/sys/kernel/a']) {
    expect(() => makeFolders(path, 0o700), path).toThrow(/^E[A-Z]+: /)
  }
})

test('a code is told with its reason, and one of something else alone', () => {
  expect(explainCode('EROFS')).toBe('EROFS: its file system is read-only')
  expect(explainCode('ECONNRESET')).toBe('ECONNRESET')
})

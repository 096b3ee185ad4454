import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { keyFilesIn } from './key-files.ts'

const ID = '0b8f1c1e-6a0e-4f0a-9d0c-000000000001'

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

test('a key file is complete, named by its id, and readable by owner and group alone whatever the umask', () => {
  const folder = temporaryFolder()
  const umask = process.umask(0o777)
  onTestFinished(() => void process.umask(umask))
  const file = keyFilesIn(folder, undefined).create(ID, Buffer.from('content'))
  expect(file).toMatchObject({ id: ID, path: join(folder, `${ID}.key`) })
  expect(readFileSync(file.path, 'latin1')).toBe('content')
  expect(statSync(file.path).mode & 0o7777).toBe(0o640)
  file.remove()
})

testWith(['root'], 'a key file is given to the key group', () => {
  const file = keyFilesIn(temporaryFolder(), 54_321).create(ID, Buffer.from('content'))
  expect(statSync(file.path).gid).toBe(54_321)
  expect(statSync(file.path).uid).toBe(process.getuid?.())
  file.remove()
})

test('a file is overwritten in place: its inode stays, and an open descriptor sees the new content', () => {
  const file = keyFilesIn(temporaryFolder(), undefined).create(ID, Buffer.from('first'))
  const reader = openSync(file.path, 'r')
  const { ino } = statSync(file.path)
  file.overwrite?.(Buffer.from('after'))
  expect(statSync(file.path).ino).toBe(ino)
  const seen = Buffer.alloc(16)
  expect(seen.toString('latin1', 0, readSync(reader, seen, 0, 16, 0))).toBe('after')
  file.remove()
})

test('a removed file is gone; one that somebody else removed before is no error', () => {
  const folder = temporaryFolder()
  const files = keyFilesIn(folder, undefined)
  const file = files.create(ID, Buffer.from('content'))
  file.remove()
  expect(readdirSync(folder)).toEqual([])
  const lost = files.create(ID, Buffer.from('content'))
  rmSync(lost.path)
  expect(() => lost.remove()).not.toThrow()
})

test('a name that is taken, a link among them, is refused and nothing is written through it', () => {
  const folder = temporaryFolder()
  symlinkSync('/dev/full', join(folder, `${ID}.key`))
  expect(() => keyFilesIn(folder, undefined).create(ID, Buffer.from('content'))).toThrow(
    expect.objectContaining({ code: 'EEXIST' }),
  )
})

test('a folder that is gone is the system\u2019s own error', () => {
  const folder = join(temporaryFolder(), 'gone')
  expect(() => keyFilesIn(folder, undefined).create(ID, Buffer.from('x'))).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  )
  mkdirSync(folder)
  expect(() => keyFilesIn(folder, undefined).create(ID, Buffer.from('x')).remove()).not.toThrow()
})

testWith(['linux'], 'a flood of files does not use up what the process may open', () => {
  const files = keyFilesIn(temporaryFolder(), undefined)
  const before = openDescriptors()
  const made = Array.from({ length: 1000 }, (_, index) => files.create(`${index}`, Buffer.from('content')))
  expect(openDescriptors() - before).toBe(256)
  expect(made.filter(({ overwrite }) => overwrite !== undefined)).toHaveLength(256)
  for (const file of made) file.remove()
  expect(openDescriptors()).toBe(before)
  const next = files.create(ID, Buffer.from('content'))
  expect(next.overwrite).toBeDefined()
  next.remove()
})

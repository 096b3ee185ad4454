import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AccessLine, setAccessList } from '../../../../test/access-list.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { asOrdinaryUser, testWith } from '../../../../test/privilege.ts'
import { type KeyFolder, openKeyFolder } from './key-folder.ts'

const ID = '0b8f1c1e-6a0e-4f0a-9d0c-000000000001'
const STRANGER = 54_321

const LIST_FOR_ANOTHER: AccessLine[] = [
  ['owner', undefined, 7],
  ['user', STRANGER, 7],
  ['group', undefined, 1],
  ['mask', undefined, 7],
  ['others', undefined, 0],
]

function open(path: string, group?: string): KeyFolder {
  const folder = openKeyFolder(path, group)
  onTestFinished(() => folder.release())
  return folder
}

function expectRefused(path: string, code: string, group?: string): void {
  expect(() => openKeyFolder(path, group)).toThrow(expect.objectContaining({ name: 'AgentError', code }))
}

function keyFolder(): string {
  const path = join(temporaryFolder(), 'tokens')
  mkdirSync(path, { mode: 0o710 })
  return path
}

/** One that belongs to the user of `asOrdinaryUser`. */
function ordinaryFolder(): string {
  const path = keyFolder()
  chmodSync(join(path, '..'), 0o755)
  const [user, group] = asOrdinaryUser(() => [process.geteuid?.() ?? 0, process.getegid?.() ?? 0] as const)
  chownSync(path, user, group)
  return path
}

test('a folder that is missing is made with its parents, closed to others', () => {
  const path = join(temporaryFolder(), 'azcmagent', 'tokens')
  expect(open(path).path).toBe(path)
  expect(statSync(path).mode & 0o777).toBe(0o710)
  expect(statSync(join(path, '..')).mode & 0o022).toBe(0)
})

test('a folder that is there gets the mode it must have', () => {
  const path = keyFolder()
  chmodSync(path, 0o755)
  open(path)
  expect(statSync(path).mode & 0o777).toBe(0o710)
})

test('one that was removed is made anew, with its mode and held as before, and nothing else is touched', () => {
  const path = keyFolder()
  const folder = open(path)
  expect(folder.restore()).toBe(false)
  rmSync(path, { recursive: true })
  expect(folder.restore()).toBe(true)
  expect(statSync(path).mode & 0o777).toBe(0o710)
  expectRefused(path, 'key_folder_held')
  folder.files.create(ID, Buffer.from('content')).remove()
  expect(folder.restore()).toBe(false)
})

test('one that was removed is not made anew through a link, nor where others may write', () => {
  const path = keyFolder()
  const folder = open(path)
  rmSync(path, { recursive: true })
  const other = keyFolder()
  symlinkSync(other, path)
  expect(() => folder.restore()).toThrow(expect.objectContaining({ code: 'key_folder_unsafe' }))
  expect(readdirSync(other)).toEqual([])
  rmSync(path)
  mkdirSync(path)
  chmodSync(path, 0o777)
  expect(() => folder.restore()).toThrow(expect.objectContaining({ code: 'key_folder_unsafe' }))
})

test('key files can be made in it', () => {
  const file = open(keyFolder()).files.create(ID, Buffer.from('content'))
  expect(basename(file.path)).toBe(`${ID}.key`)
  file.remove()
})

test('proving that key files can be written leaves none', () => {
  const path = keyFolder()
  const folder = open(path)
  folder.proveWritable()
  expect(readdirSync(path).filter((name) => name.endsWith('.key'))).toEqual([])
})

test('a symbolic link is refused, wherever it leads', () => {
  const parent = temporaryFolder()
  mkdirSync(join(parent, 'real'), { mode: 0o710 })
  symlinkSync(join(parent, 'real'), join(parent, 'tokens'))
  symlinkSync(join(parent, 'nowhere'), join(parent, 'dangling'))
  expectRefused(join(parent, 'tokens'), 'key_folder_unsafe')
  expectRefused(join(parent, 'dangling'), 'key_folder_unsafe')
})

test('a file in its place is refused', () => {
  const path = join(temporaryFolder(), 'tokens')
  writeFileSync(path, '')
  expectRefused(path, 'key_folder_unsafe')
})

test('a file in the place of a parent is refused', () => {
  const parent = join(temporaryFolder(), 'file')
  writeFileSync(parent, '')
  expectRefused(join(parent, 'tokens'), 'key_folder_missing')
  expectRefused(join(parent, 'azcmagent', 'tokens'), 'key_folder_missing')
})

test('a folder that cannot be made is missing, with the way out', () => {
  const parent = temporaryFolder()
  chmodSync(parent, 0o755)
  if (process.getuid?.() !== 0) chmodSync(parent, 0o555)
  asOrdinaryUser(() => expectRefused(join(parent, 'tokens'), 'key_folder_missing'))
  chmodSync(parent, 0o755)
})

test.each(['770', '720', '777', '1777'])(
  'a folder of mode %s is refused: others could put files into it',
  (mode) => {
    const path = keyFolder()
    chmodSync(path, Number.parseInt(mode, 8))
    expectRefused(path, 'key_folder_unsafe')
  },
)

test('a parent that others may write is refused: they could put another folder in its place', () => {
  const path = keyFolder()
  chmodSync(join(path, '..'), 0o777)
  expectRefused(path, 'key_folder_unsafe')
})

test('a parent that others may write is good when it is sticky, as /tmp is', () => {
  const path = keyFolder()
  chmodSync(join(path, '..'), 0o1777)
  expect(open(path).path).toBe(path)
})

testWith(['linux', 'python3'], 'a folder whose access list lets somebody else write is refused', () => {
  const path = keyFolder()
  setAccessList(path, LIST_FOR_ANOTHER)
  expectRefused(path, 'key_folder_unsafe')
})

testWith(
  ['linux', 'python3'],
  'a folder that opens each new file to somebody else is refused, while in use too',
  () => {
    const path = keyFolder()
    setAccessList(path, LIST_FOR_ANOTHER, 'default')
    expectRefused(path, 'key_folder_unsafe')
    const other = keyFolder()
    const opened = open(other)
    opened.proveWritable()
    setAccessList(other, LIST_FOR_ANOTHER, 'default')
    expect(() => opened.proveWritable()).toThrow(expect.objectContaining({ code: 'key_folder_unsafe' }))
  },
)

testWith(['root'], 'a folder, or a parent, that belongs to somebody else is refused', () => {
  const path = keyFolder()
  chownSync(path, STRANGER, STRANGER)
  expectRefused(path, 'key_folder_unsafe')
  chownSync(path, 0, 0)
  chownSync(join(path, '..'), STRANGER, STRANGER)
  expectRefused(path, 'key_folder_unsafe')
})

testWith(
  ['root'],
  'a parent that is somebody else\u2019s link is refused: it can be led elsewhere at any time',
  () => {
    const parent = temporaryFolder()
    mkdirSync(join(parent, 'real', 'tokens'), { recursive: true, mode: 0o710 })
    symlinkSync(join(parent, 'real'), join(parent, 'link'))
    open(join(parent, 'link', 'tokens')).release()
    lchownSync(join(parent, 'link'), STRANGER, STRANGER)
    expectRefused(join(parent, 'link', 'tokens'), 'key_folder_unsafe')
  },
)

test('a folder that is not writable is refused', () => {
  const path = keyFolder()
  chmodSync(path, 0o555)
  chmodSync(join(path, '..'), 0o755)
  asOrdinaryUser(() => expectRefused(path, 'key_folder_unwritable'))
})

test('a folder that is closed to its own user, as a killed emulator leaves it, is taken', () => {
  const path = ordinaryFolder()
  chmodSync(path, 0o000)
  asOrdinaryUser(() => open(path))
  expect(statSync(path).mode & 0o777).toBe(0o710)
})

testWith(['root'], 'a folder that root closed to another user stays closed', () => {
  const path = keyFolder()
  chmodSync(join(path, '..'), 0o755)
  chmodSync(path, 0o000)
  asOrdinaryUser(() => expectRefused(path, 'key_folder_unwritable'))
  expect(statSync(path).mode & 0o777).toBe(0)
})

test('a folder in use that is closed for a while was not removed', () => {
  const path = ordinaryFolder()
  const folder = asOrdinaryUser(() => open(path))
  chmodSync(path, 0o000)
  expect(asOrdinaryUser(() => folder.restore())).toBe(false)
  chmodSync(path, 0o710)
  expect(asOrdinaryUser(() => folder.restore())).toBe(false)
})

test('a group that does not exist is refused by name, before anything is made', () => {
  const path = join(temporaryFolder(), 'tokens')
  expect(() => openKeyFolder(path, 'landfast-no-such-group')).toThrow(
    expect.objectContaining({
      code: 'group_missing',
      message: expect.stringContaining('"landfast-no-such-group"'),
      hint: expect.stringContaining('groupadd'),
    }),
  )
  expect(() => statSync(path)).toThrow()
})

test('a group to which this user may not give files is refused', () => {
  const parent = temporaryFolder()
  chmodSync(parent, 0o1777)
  asOrdinaryUser(() => expectRefused(join(parent, 'tokens'), 'group_foreign', 'root'))
})

testWith(['root'], 'the folder and its key files belong to the group', () => {
  const path = keyFolder()
  const file = open(path, 'daemon').files.create(ID, Buffer.from('content'))
  const { gid } = statSync(path)
  expect(gid).not.toBe(0)
  expect(statSync(file.path).gid).toBe(gid)
  file.remove()
})

test('key files that an earlier agent left are swept; whatever else is there stays', () => {
  const path = keyFolder()
  const others = ['readme.key', `${ID}.txt`, `${ID.toUpperCase()}.key`, `x${ID}.key`, `${ID}.key.bak`]
  for (const name of [`${ID}.key`, ...others]) writeFileSync(join(path, name), 'left')
  open(path)
  expect(
    readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual(others.sort())
})

test('a folder that bears the name of a key file is said to be in the way', () => {
  const path = keyFolder()
  mkdirSync(join(path, `${ID}.key`))
  expectRefused(path, 'key_folder_unwritable')
})

test('a second agent on one folder is told who holds it, and sweeps nothing', () => {
  const path = keyFolder()
  const { files } = open(path)
  const file = files.create(ID, Buffer.from('content'))
  expect(() => openKeyFolder(path, undefined)).toThrow(
    expect.objectContaining({
      code: 'key_folder_held',
      message: expect.stringContaining(`by process ${process.pid} of user`),
    }),
  )
  expect(statSync(file.path).size).toBe(7)
  file.remove()
})

test('a folder that is let go can be taken again, also after a start that failed', () => {
  const path = keyFolder()
  mkdirSync(join(path, `${ID}.key`))
  expectRefused(path, 'key_folder_unwritable')
  renameSync(join(path, `${ID}.key`), join(path, 'moved'))
  openKeyFolder(path, undefined).release()
  expect(open(path).path).toBe(path)
})

test('a folder that was made anew is taken again, also one that has the number of the former one', () => {
  const path = keyFolder()
  const folder = open(path)
  expect(folder.restore()).toBe(false)
  // What is left of a file system that gives a freed number to the next folder.
  for (const name of readdirSync(path)) rmSync(join(path, name))
  chmodSync(path, 0o755)
  expect(folder.restore()).toBe(true)
  expect(statSync(path).mode & 0o777).toBe(0o710)
  expectRefused(path, 'key_folder_held')
  expect(folder.restore()).toBe(false)
})

import {
  chmodSync,
  chownSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { writePublicFiles } from './public-files.ts'

const USER = 54_321

test('files are replaced whole and leave no drafts, also under a strict umask', async () => {
  const folder = join(temporaryFolder(), 'site')
  const former = process.umask(0o077)
  try {
    for (const content of ['one', 'two'])
      await writePublicFiles(folder, [{ name: 'below/file', content }], () => {})
  } finally {
    process.umask(former)
  }
  expect([readFileSync(join(folder, 'below', 'file'), 'utf8'), readdirSync(join(folder, 'below'))]).toEqual([
    'two',
    ['file'],
  ])
  const modes = ['.', 'below', 'below/file'].map((name) => statSync(join(folder, name)).mode & 0o777)
  expect(modes).toEqual([0o755, 0o755, 0o644])
})

test('a check that refuses one file keeps all of them as they were', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'second'), 'kept')
  const files = ['first', 'second'].map((name) => ({ name, content: 'new' }))
  const refuse = (name: string) => {
    throw new TypeError(name)
  }
  await expect(writePublicFiles(folder, files, refuse)).rejects.toMatchObject({
    cause: expect.objectContaining({ message: 'second' }),
  })
  expect(readdirSync(folder)).toEqual(['second'])
  expect(readFileSync(join(folder, 'second'), 'utf8')).toBe('kept')
})

testWith(
  ['linux', 'root'],
  'root writes as the owner of the folder, and by no link of theirs elsewhere',
  async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()]
    chownSync(folder, USER, USER)
    await writePublicFiles(join(folder, 'new'), [{ name: 'file', content: '' }], () => {})
    const owners = ['new', 'new/file'].map((name) => statSync(join(folder, name)).uid)
    expect(owners).toEqual([USER, USER])
    symlinkSync(elsewhere, join(folder, 'below'))
    for (const [named, file] of [
      [folder, 'below/file'],
      [join(folder, 'below'), 'file'],
    ] as const) {
      const written = writePublicFiles(named, [{ name: file, content: '' }], () => {})
      await expect(written).rejects.toMatchObject({ code: 'discovery_folder' })
    }
    expect(readdirSync(elsewhere)).toEqual([])
  },
)

testWith(
  ['linux', 'root'],
  'a link of another user is not followed to the folder, one of root is',
  async () => {
    const [folder, target] = [temporaryFolder(), temporaryFolder()]
    chmodSync(folder, 0o755)
    const write = (name: string, owner: number) => {
      symlinkSync(target, join(folder, name))
      lchownSync(join(folder, name), owner, owner)
      return writePublicFiles(join(folder, name), [{ name: 'file', content: '' }], () => {})
    }
    await expect(write('theirs', USER)).rejects.toMatchObject({ code: 'discovery_folder' })
    expect(readdirSync(target)).toEqual([])
    chownSync(target, USER, USER)
    await write('own', 0)
    expect(statSync(join(target, 'file')).uid).toBe(USER)
  },
)

test('a user may name a folder by a link of its own', async () => {
  const [folder, target] = [temporaryFolder(), temporaryFolder()]
  symlinkSync(target, join(folder, 'link'))
  await writePublicFiles(join(folder, 'link'), [{ name: 'file', content: 'x' }], () => {})
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('x')
})

testWith(
  ['linux', 'root'],
  'root writes nothing where others can lay a link in a folder of root',
  async () => {
    for (const mode of [0o775, 0o777, 0o1777]) {
      const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()]
      chmodSync(folder, mode)
      symlinkSync(elsewhere, join(folder, 'below'))
      lchownSync(join(folder, 'below'), USER, USER)
      const written = writePublicFiles(folder, [{ name: 'below/file', content: '' }], () => {})
      await expect(written).rejects.toMatchObject({ code: 'discovery_folder' })
      expect(readdirSync(elsewhere)).toEqual([])
    }
  },
)

import { chownSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
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
    const written = writePublicFiles(folder, [{ name: 'below/file', content: '' }], () => {})
    await expect(written).rejects.toMatchObject({ code: 'discovery_folder' })
    expect(readdirSync(elsewhere)).toEqual([])
  },
)

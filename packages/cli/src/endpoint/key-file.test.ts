import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readKeyFile } from './key-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfast-test-'))
  await mkdir(join(folder, 'sub'))
  await mkdir(join(folder, 'folder.key'))
  await writeFile(join(folder, 'good.key'), 'abc.def')
  await writeFile(join(folder, 'newline.key'), 'abc\n')
  await writeFile(join(folder, 'empty.key'), '')
  await writeFile(join(folder, 'two.key'), 'a\nX-Evil: b')
  await writeFile(join(folder, 'long.key'), 'a'.repeat(4097))
  await writeFile(join(folder, 'sub', 'x.key'), 'abc')
  await writeFile(join(folder, 'x.txt'), 'abc')
  await symlink('good.key', join(folder, 'link.key'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a key is read without the white space at its end', async () => {
  expect(await readKeyFile(join(folder, 'good.key'), folder)).toBe('abc.def')
  expect(await readKeyFile(join(folder, 'newline.key'), folder)).toBe('abc')
})

for (const name of ['sub/x.key', 'x.txt', '../good.key', 'sub/../good.key', './good.key', '/good.key']) {
  test(`"${name}" does not lie directly in the folder`, async () => {
    await expect(readKeyFile(`${folder}/${name}`, folder)).rejects.toMatchObject({
      code: 'key_file_misplaced',
    })
  })
}

for (const name of ['folder.key', 'empty.key', 'two.key', 'long.key', 'link.key']) {
  test(`"${name}" is no usable key file`, async () => {
    await expect(readKeyFile(join(folder, name), folder)).rejects.toMatchObject({ code: 'key_file_unusable' })
  })
}

test('an unreadable file is reported with what its folder allows and who we are', async () => {
  await expect(readKeyFile(join(folder, 'gone.key'), folder)).rejects.toMatchObject({
    code: 'key_file_unreadable',
    hints: [
      expect.stringMatching(/permission bits 0700, owner \d+ and group .*; you are user id \d+/),
      expect.any(String),
    ],
  })
})

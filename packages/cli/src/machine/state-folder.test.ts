import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sweepEphemeral } from '@landfast/emulator/folders'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { isStateFolderOpen, openStateFolder } from './state-folder.ts'

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'landfast-test-'))
})
afterEach(() => void vi.unstubAllEnvs())
afterAll(() => rm(base, { recursive: true }))

test('an ephemeral folder is private and gone when closed', async () => {
  const folder = await openStateFolder(undefined)
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700)
  await folder.close()
  await expect(stat(folder.path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a lasting folder is made private, and stays', async () => {
  const path = join(base, 'a', 'b')
  const folder = await openStateFolder(path)
  await folder.close()
  expect((await stat(path)).mode & 0o777).toBe(0o700)
})

test('a folder in use is refused, and the holder is named', async () => {
  const path = join(base, 'busy')
  const folder = await openStateFolder(path)
  await expect(openStateFolder(path)).rejects.toMatchObject({
    code: 'state_folder_busy',
    hints: [expect.stringContaining(`process ${process.pid} of user`)],
  })
  expect(await isStateFolderOpen(path)).toBe(true)
  await folder.close()
  expect(await isStateFolderOpen(path)).toBe(false)
})

for (const mode of [0o777, 0o755, 0o710]) {
  test(`an empty folder with the mode ${mode.toString(8)} is refused, and stays as it is`, async () => {
    const path = await mkdtemp(join(base, 'loose-'))
    await chmod(path, mode)
    await expect(openStateFolder(path)).rejects.toMatchObject({
      code: 'state_folder_unusable',
      hints: [`others may enter it; close it: chmod 700 "${path}"`],
    })
    expect((await stat(path)).mode & 0o777).toBe(mode)
    expect(await readdir(path)).toEqual([])
  })
}

test('a folder that is for something else is refused, and nothing is written to it', async () => {
  const path = await mkdtemp(join(base, 'home-'))
  await writeFile(join(path, 'letter.txt'), '')
  await mkdir(join(path, 'control-plane'))
  await expect(openStateFolder(path)).rejects.toMatchObject({
    code: 'state_folder_unusable',
    hints: [expect.stringContaining('name an empty or a new folder')],
  })
  expect(await readdir(path)).toEqual(['control-plane', 'letter.txt'])
})

for (const mark of ['registration.json', 'control-plane/landfast.db']) {
  test(`a folder with ${mark} is a state folder, whatever else is in it`, async () => {
    const path = await mkdtemp(join(base, 'kept-'))
    await mkdir(join(path, 'control-plane'))
    await writeFile(join(path, mark), '')
    await writeFile(join(path, 'letter.txt'), '')
    await (await openStateFolder(path)).close()
  })
}

test('an empty folder, and one whose first start was cut short, are taken', async () => {
  const path = await mkdtemp(join(base, 'empty-'))
  await (await openStateFolder(path)).close()
  await (await openStateFolder(path)).close()
})

test('of a folder that is meant for all users nobody is told to close it', async () => {
  const path = await mkdtemp(join(base, 'shared-'))
  await chmod(path, 0o1777)
  await expect(openStateFolder(path)).rejects.toMatchObject({
    hints: [expect.stringMatching(/^it is meant for all users; name an empty/)],
  })
})

test('the owner of somebody else’s folder is named', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root may do this')
  const path = await mkdtemp(join(base, 'theirs-'))
  await chown(path, 65_001, 65_001)
  await expect(openStateFolder(path)).rejects.toMatchObject({
    hints: [expect.stringMatching(/^it belongs to the user with the id 65001; /)],
  })
})

test('only a folder with the mark of an ephemeral one is swept, however it is named', async () => {
  const temporary = await mkdtemp(join(base, 'tmp-'))
  vi.stubEnv('TMPDIR', temporary)
  const [kept, left] = [join(temporary, 'landfast-keep01'), join(temporary, 'landfast-left01')]
  const target = join(base, 'target')
  for (const path of [kept, left, target]) await (await openStateFolder(path)).close()
  for (const path of [left, target]) await writeFile(join(path, '.ephemeral'), '')
  await symlink(target, join(temporary, 'landfast-link01'))
  await sweepEphemeral()
  expect(await readdir(temporary)).toEqual(['landfast-keep01', 'landfast-link01'])
  expect(await readdir(target)).toContain('.ephemeral')
})

test('what a crash left behind is swept no more once somebody keeps it', async () => {
  const path = join(base, 'adopted')
  await mkdir(path, { mode: 0o700 })
  await writeFile(join(path, '.ephemeral'), '')
  await (await openStateFolder(path)).close()
  expect(await readdir(path)).not.toContain('.ephemeral')
})

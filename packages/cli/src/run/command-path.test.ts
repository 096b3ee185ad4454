import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProgram } from './command-path.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfast-test-'))
  await writeFile(join(folder, 'tool'), '#!/bin/sh\n', { mode: 0o755 })
  await writeFile(join(folder, 'text'), '', { mode: 0o644 })
  await mkdir(join(folder, 'dir'))
  await chmod(join(folder, 'tool'), 0o755)
})
afterAll(() => rm(folder, { recursive: true }))

test('a program is found through PATH, past folders that do not hold it', async () => {
  expect(await findProgram('tool', `/nonexistent:${folder}`)).toBe(join(folder, 'tool'))
})

test('a path with a slash is not searched for', async () => {
  expect(await findProgram(join(folder, 'tool'), undefined)).toBe(join(folder, 'tool'))
  await expect(findProgram('./tool', folder)).rejects.toMatchObject({ code: 'command_not_found' })
})

for (const name of ['text', 'dir']) {
  test(`"${name}", which is no program, is not executable`, async () => {
    await expect(findProgram(name, folder)).rejects.toMatchObject({
      code: 'command_not_executable',
      exitCode: 126,
    })
  })
}

for (const name of ['', 'nowhere', 'tool\n']) {
  test(`${JSON.stringify(name)} is not found`, async () => {
    await expect(findProgram(name, folder)).rejects.toMatchObject({
      code: 'command_not_found',
      exitCode: 127,
    })
  })
}

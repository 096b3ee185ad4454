import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adviceAgainst, readSecretFile } from './secret-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-file-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

for (const mode of [0o600, 0o400, 0o700]) {
  test(`a file with the permission bits ${mode.toString(8)} is read`, async () => {
    expect(await readSecretFile(secretFile(mode))).toBe('the-secret\n')
  })
}

for (const mode of [0o640, 0o604, 0o620, 0o644, 0o601]) {
  test(`a file with the permission bits ${mode.toString(8)} is refused, and the hint says what to do`, async () => {
    const error = await readSecretFile(secretFile(mode)).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'secret_file_unsafe', hints: [expect.stringContaining('chmod 600')] })
    expect(error.message + error.hints).not.toContain('the-secret')
  })
}

test('a file of another user is refused, root’s is not', () => {
  expect(adviceAgainst({ uid: 1001, mode: 0o100600 }, 1000)).toContain('belongs to user id 1001')
  expect(adviceAgainst({ uid: 1001, mode: 0o100600 }, 0)).toContain('belongs to user id 1001')
  expect(adviceAgainst({ uid: 0, mode: 0o100600 }, 1000)).toBeUndefined()
  expect(adviceAgainst({ uid: 1000, mode: 0o100600 }, 1000)).toBeUndefined()
})

test('a file that is not there cannot be read', async () => {
  await expect(readSecretFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'config_unreadable' })
})

function secretFile(mode: number): string {
  const file = join(folder, mode.toString(8))
  writeFileSync(file, 'the-secret\n')
  chmodSync(file, mode)
  return file
}

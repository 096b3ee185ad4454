import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { openStateFolder } from '../machine/state-folder.ts'
import { startSite } from '../run/local-site.ts'
import { explainState } from './state-failure.ts'

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cli-test-'))
})
afterEach(() => void vi.unstubAllEnvs())
afterAll(() => rm(base, { recursive: true }))

const SQLITE_FULL = Object.assign(new Error('database or disk is full'), { errcode: 13 })

for (const [error, reason] of [
  [Object.assign(new Error('x'), { code: 'ENOSPC' }), 'its disk is full'],
  [Object.assign(new Error('x'), { code: 'EROFS' }), 'its file system is read-only'],
  [Object.assign(new Error('x'), { code: 'ENOTDIR' }), 'a part of its path is no folder'],
  [SQLITE_FULL, 'its disk is full'],
  [Object.assign(new Error('x'), { errcode: 10 | (3 << 8) }), 'its disk is failing'],
  [new Error('outer', { cause: SQLITE_FULL }), 'its disk is full'],
  [new Error('cannot rollback - no transaction is active'), 'its disk is full or failing'],
] as const) {
  test(`"${reason}" is said of ${JSON.stringify(error)} ${error.message}`, () => {
    expect(explainState(error, '/s')).toMatchObject({
      code: 'state_folder_unusable',
      exitCode: 69,
      hints: [expect.stringMatching(new RegExp(`^${reason}; .*--state-dir.*TMPDIR`))],
    })
  })
}

test('any other error stays what it is', () => {
  const error = new Error('no')
  expect(explainState(error, base)).toBe(error)
})

test('a temporary folder that is not there is named', async () => {
  vi.stubEnv('TMPDIR', join(base, 'nowhere'))
  await expect(openStateFolder(undefined)).rejects.toMatchObject({
    code: 'state_folder_unusable',
    message: expect.stringContaining(join(base, 'nowhere')),
    hints: [expect.stringContaining('TMPDIR')],
  })
})

test('a damaged lock is named', async () => {
  const path = await mkdtemp(join(base, 'lock-'))
  await writeFile(join(path, '.lock'), 'no database'.repeat(100))
  await expect(openStateFolder(path)).rejects.toMatchObject({
    code: 'state_folder_unusable',
    hints: [`"${join(path, '.lock')}" is damaged; remove it`],
  })
})

test('a damaged encryption key is named, a damaged copy of the CA certificate is written anew', async () => {
  const folder = await mkdtemp(join(base, 'site-'))
  const endpoint = { style: 'app-service', port: 0, secret: 'hush' } as const
  const options = { folder, endpoints: [endpoint], logLevel: 'silent' } as const
  const { caFile, ...site } = await startSite(options)
  const certificate = await readFile(caFile, 'utf8')
  await site.stop()
  await writeFile(caFile, 'garbage')
  await (await startSite(options)).stop()
  expect(await readFile(caFile, 'utf8')).toBe(certificate)
  const damaged = join(folder, 'control-plane', 'encryption-key')
  await writeFile(damaged, 'garbage')
  await expect(startSite(options)).rejects.toMatchObject({
    code: 'encryption_key_malformed',
    message: expect.stringContaining(damaged),
  })
})

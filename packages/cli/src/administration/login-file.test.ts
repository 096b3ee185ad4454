import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Login, loginFile, readLogin, removeLogin, writeLogin } from './login-file.ts'

const LOGIN: Login = {
  url: 'https://id.example',
  tenantId: 't',
  credential: { kind: 'administrator', file: '/administrator.json' },
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'login-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return loginFile({ XDG_CONFIG_HOME: folder })
}

test('it is below XDG_CONFIG_HOME, unless that is relative or empty', () => {
  const ordinary = join(homedir(), '.config', 'landfast', 'login.json')
  expect(loginFile({ XDG_CONFIG_HOME: '/c' })).toBe('/c/landfast/login.json')
  expect([loginFile({}), loginFile({ XDG_CONFIG_HOME: 'c' })]).toEqual([ordinary, ordinary])
})

test('what is written is read again, is for its owner alone, and replaces what was there', async () => {
  const file = newFile()
  await writeLogin(file, { ...LOGIN, tenantId: 'former' })
  chmodSync(dirname(file), 0o755)
  await writeLogin(file, LOGIN)
  expect(await readLogin(file)).toEqual(LOGIN)
  expect([statSync(dirname(file)).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600])
  expect(readdirSync(dirname(file))).toEqual(['login.json'])
  expect([await removeLogin(file), await removeLogin(file)]).toEqual([true, false])
})

test('none, a damaged one and one that others may read have codes of their own', async () => {
  const file = newFile()
  await expect(readLogin(file)).rejects.toMatchObject({ code: 'login_missing' })
  await writeLogin(file, LOGIN)
  chmodSync(file, 0o644)
  await expect(readLogin(file)).rejects.toMatchObject({ code: 'secret_file_unsafe' })
  chmodSync(file, 0o600)
  for (const text of [
    '',
    'null',
    '{}',
    '{"url":"x","tenantId":"t","credential":{"kind":"other","file":"f"}}',
  ]) {
    writeFileSync(file, text)
    await expect(readLogin(file), text).rejects.toMatchObject({ code: 'config_invalid' })
  }
})

test('a place that cannot be written is told', async () => {
  const file = newFile()
  writeFileSync(dirname(file), 'a file where the folder should be')
  await expect(writeLogin(file, LOGIN)).rejects.toMatchObject({ code: 'config_unwritable', exitCode: 19 })
  await expect(readLogin(file)).rejects.toMatchObject({ code: 'login_missing' })
})

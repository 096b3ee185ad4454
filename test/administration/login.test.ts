/** `landfast login` and `logout` as real processes. */

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('a login keeps where and as whom, and of the credential only the path of its file', async () => {
  const site = await startAdministered(command)
  const folder = join(site.folder, 'administrator', 'landfast')
  const file = join(folder, 'login.json')
  expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600])
  const text = readFileSync(file, 'utf8')
  const { tenantId, subscriptionId, clientId, clientSecret } = site.administrator
  expect(JSON.parse(text)).toEqual({
    url: site.url,
    ca: readFileSync(site.caFile, 'utf8'),
    tenantId,
    subscriptionId,
    clientId,
    credential: { kind: 'administrator', file: site.administratorFile },
  })
  expect(text + site.written()).not.toContain(clientSecret)
  expect(await site.run('logout')).toMatchObject({ code: 0, stdout: 'logged out\n' })
  expect(await site.run('logout')).toMatchObject({ code: 0, stdout: 'you were not logged in\n' })
  const without = await site.run('machine', 'list')
  expect([without.code, without.stderr]).toEqual([41, expect.stringContaining('landfast login')])
})

test('a file of the administrator that was copied without the CA says what else to copy', async () => {
  const site = await startAdministered(command, { login: false })
  const copied = site.file(
    'administrator.json',
    JSON.stringify({ ...site.administrator, caFile: '/nowhere/ca.pem' }),
  )
  const without = await site.run('login', '--administrator', copied)
  expect([without.code, without.stderr]).toEqual([19, expect.stringContaining('with --ca-file')])
  const ended = await site.run('login', '--administrator', copied, '--ca-file', site.caFile)
  expect(ended).toMatchObject({ code: 0 })
})

test('a service principal logs in by its secret file, and what it may not is shown with the reason', async () => {
  const site = await startAdministered(command)
  const secretFile = join(site.folder, 'reader.secret')
  const made = await site.read('service-principal', 'create', 'reader', '--secret-file', secretFile)
  const env = site.home('reader')
  const run = (...args: string[]) => command.run(args, { env })
  const credential = ['-i', `${made.clientId}`, '--service-principal-secret-file', secretFile]
  const loggedIn = await run('login', '--url', site.url, '--ca-file', site.caFile, ...credential)
  expect([loggedIn.code, loggedIn.stderr]).toEqual([0, expect.stringContaining('no subscription is visible')])
  expect((await run('machine', 'list')).code).toBe(16)
  const refused = await run('machine', 'list', '-s', site.administrator.subscriptionId)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/AuthorizationFailed \(403\): The client '.*' does not have authorization/)
  expect(refused.stderr).toContain('landfast role assign')
  writeFileSync(secretFile, 'MARKED-WRONG')
  const wrong = await run('role', 'list', '--scope', '/')
  expect([wrong.code, wrong.stderr]).toEqual([41, expect.stringContaining('AADSTS7000215')])
  chmodSync(secretFile, 0o644)
  expect((await run('role', 'list', '--scope', '/')).code).toBe(19)
  expect(wrong.stderr + refused.stderr).not.toContain('MARKED')
})

test('the audit trail is read by the login, and without one it is said what to do', async () => {
  const site = await startAdministered(command)
  const { code, stdout } = await site.run('control-plane', 'audit')
  expect([code, stdout]).toEqual([0, expect.stringContaining('create-administrator')])
  const named = await site.run('control-plane', 'audit', '--administrator', site.administratorFile, '--json')
  expect([named.code, named.stdout]).toEqual([0, expect.stringContaining('"create-administrator"')])
  const gone = await site.run('control-plane', 'audit', '--administrator', join(site.folder, 'gone'))
  expect([gone.code, gone.stdout]).toEqual([19, ''])
  const env = { ...site.home('stranger'), LANDFAST_STATE_DIR: join(site.folder, 'nowhere') }
  const without = await command.run(['control-plane', 'audit'], { env })
  expect([without.code, without.stderr]).toEqual([
    41,
    expect.stringContaining('landfast login --administrator'),
  ])
})

test('a login that does not work is not kept, and each mistake has its own code', async () => {
  const site = await startAdministered(command, { login: false })
  const login = (...args: string[]) => site.run('login', ...args)
  const wrong = site.file('wrong', JSON.stringify({ ...site.administrator, clientSecret: 'MARKED-SECRET' }))
  const broken = site.file('broken', 'MARKED-SECRET')
  const file = ['--administrator', site.administratorFile]
  for (const [code, text, args] of [
    [16, 'nothing says by which credential', []],
    [16, '"--url" is missing', ['--access-token-file', broken]],
    [16, 'hint: give --url https://HOST:PORT, --ca-file', ['--service-principal-cert', broken]],
    [23, 'keep one of them', [...file, '--service-principal-cert', 'x']],
    [23, 'must be a file', ['--url', site.url, '--access-token-file', '-']],
    [23, '"--url" must be', [...file, '--url', 'http://x']],
    [23, 'visible:', [...file, '--subscription-id', '00000000-0000-4000-8000-000000000000']],
    [19, 'not what a control plane writes', ['--administrator', broken]],
    [19, 'cannot be read', ['--administrator', '/nowhere']],
    [41, 'AADSTS7000215', ['--administrator', wrong]],
    [26, 'whether the control plane runs', [...file, '--url', 'https://127.0.0.1:9']],
    [2, 'unknown option', ['--service-principal-secret', 'MARKED-SECRET']],
  ] as const) {
    const ended = await login(...args)
    expect([ended.code, ended.stderr], text).toEqual([code, expect.stringContaining(text)])
  }
  expect(site.written()).not.toContain('MARKED')
  expect((await site.run('machine', 'list')).code).toBe(41)
})

test('after the CA of the control plane was changed, the command says that a new login takes the new one', async () => {
  const site = await startAdministered(command)
  const file = join(site.folder, 'administrator', 'landfast', 'login.json')
  const { ca: _, ...login } = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify(login))
  const distrusted = await site.run('machine', 'list')
  expect(distrusted).toMatchObject({ code: 26, stderr: expect.stringContaining('--ca-file') })
  expect(distrusted.stderr).toContain('"landfast login" takes these flags')
  const again = await site.run('login', '--administrator', site.administratorFile, '--ca-file', site.caFile)
  expect(again).toMatchObject({ code: 0 })
  expect(await site.run('machine', 'list')).toMatchObject({ code: 0 })
})

test('a control plane that is down is told, not waited for', async () => {
  const site = await startAdministered(command)
  await site.stop()
  const { code, stderr } = await site.run('identity', 'list')
  expect([code, stderr]).toEqual([26, expect.stringContaining('hint: see whether the control plane runs')])
})

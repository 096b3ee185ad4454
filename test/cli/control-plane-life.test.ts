/** The commands by which an operator keeps a control plane through the years, as processes of their own. */

import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { testWith } from '../privilege.ts'
import { makeCommand, OTHER_USER, type Running, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

async function startControlPlane(folder: string, ...args: readonly string[]): Promise<Running> {
  const running = command.start(['control-plane', '--port', '0', '--json', '--state-dir', folder, ...args])
  onTestFinished(() => void running.child.kill('SIGKILL'))
  await running.wrote('"subscriptionId":')
  return running
}

test('a control plane that runs is backed up, and the backup makes another one of the same tenant', async () => {
  const [folder, restored] = [join(command.folder, 'backed-up'), join(command.folder, 'restored')]
  const file = join(command.folder, 'backup')
  const first = await startControlPlane(folder)
  const backup = ['control-plane', 'backup', file, '--state-dir', folder]
  const made = await command.run([...backup, '--json'])
  expect(made.code).toBe(0)
  expect(JSON.parse(made.stdout)).toEqual({ file, bytes: statSync(file).size, hasEncryptionKey: true })
  const again = await command.run(backup)
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('a backup replaces nothing')])

  const restore = ['control-plane', 'restore', file, '--state-dir', restored, '--json']
  const ended = await command.run(restore)
  expect([ended.code, ended.stdout]).toEqual([0, '{"machines":0}\n'])
  const isNoted = ended.stderr.includes(`"${restored}" was not there and belongs to root now`)
  expect(isNoted).toBe(process.getuid?.() === 0)
  const second = await startControlPlane(restored)
  const tenantOf = ({ stdout }: Running) => JSON.parse(stdout).tenantId
  expect(tenantOf(second)).toBe(tenantOf(first))
  const secretOf = (at: string) =>
    JSON.parse(readFileSync(join(at, 'administrator.json'), 'utf8')).clientSecret
  expect(secretOf(restored)).toBe(secretOf(folder))
  expect(made.stdout + made.stderr + ended.stdout + ended.stderr).not.toContain(secretOf(folder))
})

testWith(
  ['root', 'setpriv'],
  'root backs up the control plane of another user into a folder of its own',
  async () => {
    const [folder, safe, open] = ['others', 'safe', 'open'].map((name) => join(command.folder, name)) as [
      string,
      string,
      string,
    ]
    for (const path of [folder, safe, open]) mkdirSync(path, { mode: 0o700 })
    chownSync(folder, 54_321, 54_322)
    const args = ['control-plane', '--port', '0', '--json', '--state-dir', folder]
    const running = command.start(args, { prefix: ['setpriv', ...OTHER_USER] })
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await running.wrote('"subscriptionId":')
    const file = join(safe, 'monday')
    const backup = (to: string) => command.run(['control-plane', 'backup', to, '--state-dir', folder])
    expect(await backup(file)).toMatchObject({ code: 0, stdout: `${file}\n` })
    expect(statSync(file)).toMatchObject({ uid: 0, gid: 0, mode: 0o100600 })
    expect([
      ...readdirSync(safe),
      ...readdirSync(folder).filter((name) => name.startsWith('backup')),
    ]).toEqual(['monday'])
    expect(await backup(file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a backup replaces nothing'),
    })
    const restored = join(command.folder, 'restored-of-root')
    mkdirSync(restored, { mode: 0o700 })
    chownSync(restored, 54_321, 54_322)
    const restore = ['control-plane', 'restore', file, '--state-dir', restored]
    expect(await command.run(restore)).toMatchObject({ code: 0 })
    expect(statSync(join(restored, 'landfast.db')).uid).toBe(54_321)
    expect(readdirSync(restored).filter((name) => name.startsWith('backup'))).toEqual([])

    chmodSync(open, 0o777)
    expect(await backup(join(open, 'monday'))).toMatchObject({
      code: 19,
      stderr: expect.stringContaining('writable by others'),
    })
    expect(readdirSync(open)).toEqual([])
  },
)

test('a stopped control plane is backed up too, and a folder without one is refused', async () => {
  const folder = join(command.folder, 'stopped')
  const file = join(command.folder, 'backup-of-stopped')
  const args = ['control-plane', 'backup', file, '--state-dir', folder]
  const nothing = await command.run(args)
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('nothing was ever kept')])
  expect(existsSync(file)).toBe(false)
  const running = await startControlPlane(folder)
  running.child.kill('SIGTERM')
  await running.ended
  const made = await command.run(args)
  expect([made.code, made.stdout]).toEqual([0, `${file}\n`])
})

test('a backup that cannot be written blames its own folder, and a folder without a control plane has no move to undo', async () => {
  const folder = join(command.folder, 'faults')
  mkdirSync(folder, { mode: 0o700 })
  const undone = await command.run(['control-plane', 'move', '--undo', '--state-dir', folder])
  expect([undone.code, undone.stderr]).toEqual([1, expect.stringContaining('nothing was ever kept')])
  expect(existsSync(join(folder, 'landfast.db'))).toBe(false)
  const running = await startControlPlane(folder)
  running.child.kill('SIGTERM')
  await running.ended
  const gone = join(command.folder, 'gone')
  const backup = ['control-plane', 'backup', join(gone, 'backup'), '--state-dir', folder]
  const made = await command.run(backup)
  expect([made.code, made.stderr]).toEqual([1, expect.stringContaining('the backup cannot be written')])
  expect(made.stderr).toContain(gone)
  expect(made.stderr).not.toContain(folder)
  const missing = ['control-plane', 'restore', gone, '--state-dir', join(command.folder, 'empty')]
  const unread = await command.run(missing)
  expect([unread.code, unread.stderr]).toEqual([1, expect.stringContaining('the backup cannot be read')])
  const file = join(command.folder, 'no-backup')
  writeFileSync(file, 'text\n')
  const restore = ['control-plane', 'restore', file, '--state-dir', join(command.folder, 'empty')]
  expect(await command.run(restore)).toMatchObject({ code: 1, stderr: expect.stringContaining(`(${file})`) })
})

test('a control plane that was moved to PostgreSQL starts there, and on SQLite only after the move was undone', async () => {
  const folder = join(command.folder, 'moved')
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const running = await startControlPlane(folder)
  const urlFile = join(command.folder, 'database-url')
  writeFileSync(urlFile, databaseUrl, { mode: 0o600 })
  const postgres = ['--database-url-file', urlFile, '--encryption-key-file', join(folder, 'encryption-key')]
  const args = ['control-plane', 'move', '--state-dir', folder, ...postgres, '--json']
  const early = await command.run(args)
  expect([early.code, early.stderr]).toEqual([67, expect.stringContaining('in use')])
  running.child.kill('SIGTERM')
  await running.ended
  const moved = await command.run(args)
  expect(moved.code).toBe(0)
  expect(JSON.parse(moved.stdout).tenantId).toBe(JSON.parse(running.stdout).tenantId)
  expect(moved.stdout + moved.stderr).not.toContain(new URL(databaseUrl).password)

  const refused = await command.run(['control-plane', '--port', '0', '--state-dir', folder])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('moved to PostgreSQL')])
  const second = await startControlPlane(folder, ...postgres)
  expect(JSON.parse(second.stdout).tenantId).toBe(JSON.parse(running.stdout).tenantId)
  second.child.kill('SIGTERM')
  await second.ended
  const undone = await command.run(['control-plane', 'move', '--undo', '--state-dir', folder])
  expect(undone.code).toBe(0)
  await startControlPlane(folder)
})

test('a control plane that runs gets a new encryption key, and starts again with it', async () => {
  const folder = join(command.folder, 'rekeyed')
  const running = await startControlPlane(folder)
  const keyOf = () => readFileSync(join(folder, 'encryption-key'), 'utf8').trim()
  const before = keyOf()
  const args = ['control-plane', 'change-encryption-key', '--state-dir', folder, '--json']
  const { code, stdout, stderr } = await command.run(args)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({ keyId: expect.any(String), secrets: 3 })
  expect(keyOf()).not.toBe(before)
  for (const key of [before, keyOf()]) expect(stdout + stderr).not.toContain(key)
  running.child.kill('SIGTERM')
  await running.ended
  await startControlPlane(folder)
})

test('a control plane that runs puts another CA in the place of its own, step by step', async () => {
  const folder = join(command.folder, 'other-ca')
  const running = await startControlPlane(folder)
  const { url, caSha256: before } = JSON.parse(running.stdout)
  const change = (...args: string[]) =>
    command.run(['control-plane', 'change-ca', ...args, '--state-dir', folder])
  const unknown = await change('later')
  expect([unknown.code, unknown.stderr]).toEqual([23, expect.stringContaining('prepare, serve, retire')])
  const early = await change('serve')
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('"prepare", "serve", "retire"')])
  const prepared = await change('prepare', '--json')
  expect(prepared.code).toBe(0)
  const { caSha256: next } = JSON.parse(prepared.stdout)
  expect(next).not.toBe(before)
  for (const step of ['serve', 'retire']) expect((await change(step, '--force')).code).toBe(0)
  const ca = readFileSync(join(folder, 'ca.pem'), 'utf8')
  expect(new X509Certificate(ca).fingerprint256).toBe(next)
  const shown = await new Promise((resolve, reject) => {
    const answered = request(`${url}/readyz`, { ca, agent: false }, (answer) => resolve(answer.statusCode))
    answered.on('error', reject).end()
  })
  expect(shown).toBe(200)
  running.child.kill('SIGTERM')
  await running.ended
  const again = await startControlPlane(folder)
  expect(JSON.parse(again.stdout).caSha256).toBe(next)
})

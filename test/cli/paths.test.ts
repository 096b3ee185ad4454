import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { makeCommand, type StartOptions, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Starts a control plane in the folder of the command; where it keeps its state. */
async function stateOf(args: readonly string[], options?: StartOptions): Promise<string> {
  const running = command.start(['control-plane', '--port', '0', '--json', ...args], options)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  await running.wrote('"subscriptionId":')
  return JSON.parse(running.stdout).administratorFile
}

test('on the command line and in variables a path is meant from where the command runs', async () => {
  const byFlag = await stateOf(['--state-dir', 'by/flag', '--admin-address', './cp.sock'])
  expect(byFlag).toBe(join(command.folder, 'by/flag/administrator.json'))
  expect(existsSync(join(command.folder, 'cp.sock'))).toBe(true)
  const byVariable = await stateOf([], { env: { LANDFAST_STATE_DIR: 'by/variable' } })
  expect(byVariable).toBe(join(command.folder, 'by/variable/administrator.json'))
})

test('in a settings file a path is meant from its folder, whoever names that file and how', async () => {
  mkdirSync(join(command.folder, 'etc'))
  writeFileSync(join(command.folder, 'etc/cp.yaml'), 'state-dir: ../by/file\nadmin-address: ./cp.sock\n')
  expect(await stateOf(['--config', 'etc/cp.yaml'])).toBe(join(command.folder, 'by/file/administrator.json'))
  expect(existsSync(join(command.folder, 'etc/cp.sock'))).toBe(true)
  const { stderr } = await command.run(['control-plane', '--port', '0'], {
    env: { LANDFAST_CONFIG: 'etc/cp.yaml' },
  })
  expect(stderr).toContain(`the state folder "${join(command.folder, 'by/file')}" is in use`)
})

test('an error names the whole path, whichever command it is', async () => {
  const inFolder = (name: string) => join(command.folder, name)
  writeFileSync(inFolder('file'), '')
  for (const [args, path] of [
    [['control-plane', '--state-dir', 's', '--tls-certificate', 'c.pem', '--tls-key', 'k.pem'], 'c.pem'],
    [['control-plane', '--state-dir', 's', '--encryption-key-file', 'key'], 'key'],
    [['control-plane', '--state-dir', 'file/s'], 'file/s'],
    [['control-plane', 'audit', '--administrator', 'a.json'], 'a.json'],
    [['agent', '--config', 'agent.yaml'], 'agent.yaml'],
    [['agent', '--state-dir', 'file/s'], 'file/s'],
    [['connect', '-n', 'web', '--state-dir', 'm', '--join-token-file', 'token'], 'token'],
    [['login', '--administrator', 'a.json'], 'a.json'],
    [['run', '--state-dir', 'file/s', '--', 'true'], 'file/s'],
    [['run', '--policy', 'policy.yaml', '--', 'true'], 'policy.yaml'],
    [['policy', 'test', '--policy', 'policy.yaml', '--audience', 'a'], 'policy.yaml'],
    [['demo', '--examples', 'none'], 'none'],
    [['env', '--state-dir', 'none'], 'none'],
    [['token', '--state-dir', 'none'], 'none'],
  ] as const) {
    const { code, stderr } = await command.run(args)
    expect(code, args.join(' ')).not.toBe(0)
    expect(stderr, args.join(' ')).toContain(inFolder(path))
    expect(stderr, args.join(' ')).not.toMatch(/^ +at /m)
  }
})

test('the state of run stays where the command ran', async () => {
  expect(await command.run(['run', '--state-dir', 'kept', '--', 'true'])).toMatchObject({ code: 0 })
  expect(readFileSync(join(command.folder, 'kept/registration.json'), 'utf8')).not.toBe('')
})

testWith(
  ['linux'],
  'a folder that the kernel lets nobody make is refused, whichever setting names it',
  async () => {
    for (const args of [
      ['run', '--state-dir', '/proc/x', '--', 'true'],
      ['dev', '--state-dir', '/proc/x/y'],
      ['dev', '--as', 'arc', '--port', '0', '--key-folder', '/proc/x/keys'],
      ['control-plane', '--state-dir', '/proc/x'],
      ['connect', '-n', 'web', '--state-dir', '/proc/x', '--join-token', 'x', '--url', 'https://127.0.0.1:9'],
      ['agent', '--state-dir', 'kept', '--audit-log', '/proc/x/audit'],
    ]) {
      const { code, stderr } = await command.run(args)
      expect(code, args.join(' ')).not.toBe(0)
      expect(stderr, args.join(' ')).not.toMatch(/^ +at /m)
    }
  },
)

testWith(['namespaces'], 'a read-only file system is said to be that', async () => {
  const disk = join(command.folder, 'disk')
  mkdirSync(disk)
  const mount = `mount -t tmpfs -o ro none '${disk}' && exec "$@"`
  const prefix = [...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh']
  await command.run(['run', '--state-dir', 'kept', '--', 'true'])
  for (const args of [
    ['dev', '--as', 'arc', '--port', '0', '--key-folder', 'disk/a/keys'],
    ['agent', '--state-dir', 'kept', '--styles', 'app-service', '--audit-log', 'disk/a/audit'],
  ]) {
    const { code, stderr } = await command.run(args, {
      prefix,
      env: { LANDFAST_IDENTITY_HEADER: 'x'.repeat(16) },
    })
    expect(code, args.join(' ')).toBe(1)
    expect(stderr, args.join(' ')).toContain('EROFS: its file system is read-only')
  }
})

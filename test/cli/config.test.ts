/** `landfast config` on files of a test's own: what it writes, what it refuses, and that a refusal changes nothing. */

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { makeCommand, OTHER_USER, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const TEXT = '# of this host\nport: 40342 # as SDKs have it\nlog-level: info\n'

let made = 0

/** A settings file in a folder of its own. */
function fileWith(text: string): string {
  const folder = join(command.folder, `config-${made++}`)
  mkdirSync(folder)
  const file = join(folder, 'agent.yaml')
  writeFileSync(file, text)
  return file
}

const config = (file: string, ...args: string[]) => command.run(['config', ...args, '--config', file])

test('a setting is set, got, listed and cleared, and the comments stay', async () => {
  const file = fileWith(TEXT)
  chmodSync(file, 0o640)
  const set = await config(file, 'set', 'log-level', 'warn')
  expect(set).toMatchObject({ code: 0, stdout: `log-level is warn in "${file}"\n` })
  expect(set.stderr).toContain('sudo systemctl restart landfast-agent')
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('info', 'warn'))
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(await config(file, 'get', 'log-level')).toMatchObject({ code: 0, stdout: 'warn\n' })
  expect(JSON.parse((await config(file, 'list', '--json')).stdout)).toEqual(
    expect.arrayContaining([
      { name: 'port', value: '40342', source: 'file' },
      { name: 'key-group', value: 'himds', source: 'default' },
    ]),
  )
  const cleared = await config(file, 'clear', 'log-level', '--json')
  expect(JSON.parse(cleared.stdout)).toMatchObject({ name: 'log-level', changed: true, needs: 'restart' })
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('log-level: info\n', ''))
  const again = JSON.parse((await config(file, 'clear', 'log-level', '--json')).stdout)
  expect(again).toMatchObject({ changed: false, needs: 'nothing' })
  expect(readdirSync(join(file, '..'))).toEqual(['agent.yaml'])
})

test('a file that is not there is made, a link is followed, and a path is meant from where the command runs', async () => {
  const file = join(command.folder, 'new', 'deep', 'agent.yaml')
  expect(await config(file, 'set', 'policy', 'policy.yaml')).toMatchObject({ code: 0 })
  expect(readFileSync(file, 'utf8')).toBe(`policy: ${join(command.folder, 'policy.yaml')}\n`)
  const link = join(command.folder, 'link.yaml')
  symlinkSync(file, link)
  expect(await config(link, 'set', 'port', '0')).toMatchObject({ code: 0 })
  expect(readFileSync(file, 'utf8')).toContain('port: 0\n')
})

test.each([[['list']], [['get', 'port']]])(
  'config %j of a file that is not there is refused',
  async (args) => {
    const file = join(command.folder, 'typo.yaml')
    const ended = await config(file, ...args)
    expect(ended).toMatchObject({ code: 19, stdout: '', stderr: expect.stringContaining(`"${file}"`) })
  },
)

test.each([
  [['set', 'port', 'x'], 23, 'must be a port'],
  [['set', 'port', '99999'], 23, 'must be a port'],
  [['set', 'workload-listen', '10.88.0.1:40343,0.0.0.0:40343'], 23, 'must be private or loopback addresses'],
  [['set', 'prot', '1'], 23, 'did you mean "port"?'],
  [['get', 'colour'], 23, 'there are state-dir'],
  [['clear', 'colour'], 23, 'there is no setting "colour"'],
  [['set', 'policy', '~/policy.yaml'], 23, 'which only a shell knows'],
  [['set', 'extensions.enabled', 'true'], 3, 'Landfast runs no extensions'],
  [['get', 'guestconfiguration.enabled'], 3, 'no machine configuration'],
  [['set', 'port'], 16, 'missing required argument'],
])('config %j is refused, and the file stays as it was', async (args, code, text) => {
  const file = fileWith(TEXT)
  const ended = await config(file, ...args)
  expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) })
  expect(readFileSync(file, 'utf8')).toBe(TEXT)
})

test('a file that the agent refuses is not written into, but what is wrong in it can be cleared', async () => {
  const file = fileWith('prot: 1\nport: 2\n')
  const refused = await config(file, 'set', 'port', '3')
  expect(refused).toMatchObject({ code: 19, stderr: expect.stringContaining('did you mean "port"?') })
  expect(readFileSync(file, 'utf8')).toBe('prot: 1\nport: 2\n')
  expect(await config(file, 'clear', 'prot')).toMatchObject({ code: 0 })
  expect(readFileSync(file, 'utf8')).toBe('port: 2\n')
  const broken = fileWith('port: [1\n')
  expect(await config(broken, 'set', 'port', '3')).toMatchObject({ code: 19 })
  expect(readFileSync(broken, 'utf8')).toBe('port: [1\n')
})

testWith(['root', 'setpriv'], 'who may not write is told so, and nothing is left behind', async () => {
  const file = fileWith(TEXT)
  chmodSync(file, 0o644)
  const ended = await command.run(['config', 'set', 'port', '1', '--config', file], {
    prefix: ['setpriv', ...OTHER_USER],
  })
  expect(ended).toMatchObject({ code: 19, stderr: expect.stringContaining('mostly root') })
  expect(readFileSync(file, 'utf8')).toBe(TEXT)
  expect(readdirSync(join(file, '..'))).toEqual(['agent.yaml'])
})

testWith(['root'], 'the owner of the file stays its owner', async () => {
  const file = fileWith(TEXT)
  const { chownSync } = await import('node:fs')
  chownSync(file, 0, 54_322)
  expect(await config(file, 'set', 'port', '1')).toMatchObject({ code: 0 })
  expect(statSync(file)).toMatchObject({ uid: 0, gid: 54_322 })
})

test('no file is made where others could exchange it: the agent would refuse it', async () => {
  const folder = join(command.folder, 'open')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const ended = await config(join(folder, 'agent.yaml'), 'set', 'port', '1')
  expect(ended).toMatchObject({ code: 19, stderr: expect.stringContaining('writable by others') })
  expect(readdirSync(folder)).toEqual([])
})

test('entries of a list are added to what the file or the default says, and removed, each once', async () => {
  const file = fileWith('# mine\nstyles: [arc, vm] # both\n')
  const set = async (...args: string[]) => {
    const { code, stdout } = await config(file, 'set', ...args, '--json')
    return { code, ...JSON.parse(stdout) }
  }
  expect(await set('styles', 'cloud-shell', '--add')).toMatchObject({
    value: 'arc,vm,cloud-shell',
    changed: true,
  })
  expect(await set('styles', 'vm', '-a')).toMatchObject({ changed: false })
  expect(await set('styles', 'arc, cloud-shell', '-r')).toMatchObject({ value: 'vm' })
  expect(await set('styles', 'arc', '--remove')).toMatchObject({ changed: false })
  expect(await set('proxy.bypass', 'a.example,b.example', '--add')).toMatchObject({
    value: 'a.example,b.example',
  })
  expect(readFileSync(file, 'utf8')).toContain('# mine\n')
  const fresh = fileWith('')
  await config(fresh, 'set', 'styles', 'vm', '--add')
  expect((await config(fresh, 'get', 'styles')).stdout).toBe('arc,vm\n')
})

test.each([
  [['set', 'log-level', 'warn', '--add'], 'no list'],
  [['set', 'token-files', 'x', '--remove'], 'no list'],
  [['set', 'styles', 'no-such', '--add'], 'no-such'],
  [['set', 'styles', 'arc', '--add', '--remove'], 'cannot be used with'],
  [['info', 'log-levle'], 'log-level'],
])('%j is refused, and the file stays', async (args, text) => {
  const file = fileWith(TEXT)
  const { code, stderr } = await config(file, ...args)
  expect([code === 0, stderr]).toEqual([false, expect.stringContaining(text)])
  expect(readFileSync(file, 'utf8')).toBe(TEXT)
})

test('info says what one setting means, or all', async () => {
  const one = await command.run(['config', 'info', 'log-level'])
  expect(one).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^log-level .*LANDFAST_LOG_LEVEL, default info/),
  })
  const all = JSON.parse((await command.run(['config', 'info', '-j'])).stdout)
  expect(all).toContainEqual(expect.objectContaining({ name: 'styles', value: 'list', default: 'arc' }))
})

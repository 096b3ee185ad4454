/** The archive for support: every kind of secret that there is was planted, and none is in it. */

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newMachineKey } from '../../packages/agent/src/machine/machine-key.ts'
import { ARCHIVE_PARTS } from '../../packages/cli/src/check/archive-parts.ts'
import { makeCommand, OTHER_USER, type TestCommand } from '../cli/command.ts'
import { testWith } from '../privilege.ts'
import { kept, startSite } from './connected-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const random = () => randomBytes(24).toString('hex')

/** The text of every file in the archive, by its name. */
function unpacked(archive: string): Map<string, string> {
  const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n')
  return new Map(
    names.map((name) => [name, execFileSync('tar', ['-xOzf', archive, name], { encoding: 'utf8' })]),
  )
}

/** Programs in the place of the system's, which print `text` with their arguments. */
function programs(folder: string, text: string): string {
  const file = join(folder, 'printed.txt')
  writeFileSync(file, text)
  chmodSync(file, 0o644)
  for (const name of ['journalctl', 'systemctl']) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*"; cat '${file}'\n`, { mode: 0o755 })
  }
  chmodSync(folder, 0o755)
  return `${folder}:${process.env.PATH}`
}

test('no secret of this host is in the archive, wherever it was planted', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const token = await site.joinToken()
  await command.run(['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', state], {
    input: token,
  })
  const [nextKey, pendingKey] = [await newMachineKey(), await newMachineKey()]
  writeFileSync(join(state, 'next-key.json'), JSON.stringify({ privateKey: nextKey }))
  const pending = { privateKey: pendingKey, vmId: 'v', target: 't' }
  writeFileSync(join(state, 'pending-registration.json'), JSON.stringify(pending))
  // One that has not the form of a secret.
  const administrator = { ...site.administrator, clientSecret: random() }
  mkdirSync(join(state, 'control-plane'))
  writeFileSync(join(state, 'control-plane', 'administrator.json'), JSON.stringify(administrator))
  const [header, proxy, comment, ownSecret, accessToken] = [random(), random(), random(), random(), random()]
  const headerFile = site.file('header', header)
  const [password, credentials] = [random(), 'proxy-credentials-file']
  const passwordFile = site.file('password', `user:${password}\n`)
  const auditLog = site.file('audit', '')
  const jwt = `eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.${random()}`
  const { privateKey } = kept(state, 'registration.json') as { privateKey: string }
  const { nonce } = kept(state, 'presence.json') as { nonce: string }
  const keys = [privateKey, nextKey, pendingKey]
  const raw = [password, token, header, proxy, nonce, jwt, ownSecret, accessToken, administrator.clientSecret]
  const settings = `# ${comment}\nidentity-header-file: ${headerFile}\n${credentials}: ${passwordFile}\naudit-log: ${auditLog}\npolicy: /x\n`
  const config = site.file('agent.yaml', settings)
  const said = [
    ...keys,
    ...keys.map((key) => JSON.stringify({ key })),
    ...[password, token, jwt, header, nonce, ownSecret, accessToken, administrator.clientSecret].map(
      (it) => `it is ${it}!`,
    ),
    `proxy http://user:${proxy}@127.0.0.1:3128 is down`,
    'MARKED-TO-BE-TAKEN',
  ].join('\n')
  writeFileSync(auditLog, said)
  const archive = join(site.folder, 'logs.tar.gz')
  const folder = join(site.folder, 'programs')
  mkdirSync(folder)
  const env = {
    PATH: programs(folder, said),
    LANDFAST_SERVICE_PRINCIPAL_SECRET: ownSecret,
    LANDFAST_ACCESS_TOKEN: accessToken,
  }
  const flags = ['--state-dir', state, '--config', config, '-o', archive]
  const ended = await command.run(['logs', ...flags, '--json'], { env })
  expect(ended).toMatchObject({ code: 0 })
  expect(statSync(archive).mode & 0o777).toBe(0o600)

  const files = unpacked(archive)
  const texts = [...files.values(), ended.stdout, ended.stderr].join('\n')
  for (const secret of [...raw, comment]) expect(texts).not.toContain(secret)
  for (const key of keys) {
    for (const line of key.split('\n').filter((part) => part !== '' && !part.startsWith('-----')))
      expect(texts).not.toContain(line)
  }
  expect(texts.match(/MARKED-TO-BE-TAKEN/g)).toHaveLength(4)
  expect(texts).toContain(
    'journalctl --no-pager --output=short-iso --unit=landfast-agent.service --lines=2000',
  )
  const { taken, missing } = JSON.parse(ended.stdout)
  expect(taken).toEqual([...files.keys()])
  expect(missing.map(({ name }: { name: string }) => name)).toEqual([
    'readyz.json',
    'status.json',
    'metrics.txt',
  ])
  expect(JSON.parse(files.get('landfast-logs/show.json') ?? '')).toMatchObject({ resourceName: 'web-1' })

  const again = await command.run(['logs', ...flags], { env })
  expect(again).toMatchObject({ code: 19, stderr: expect.stringContaining('--output') })
  expect(unpacked(archive)).toEqual(files)
})

testWith(['root', 'setpriv'], 'an ordinary user gets what it may read, and is told what not', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const input = await site.joinToken()
  await command.run(['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', state], { input })
  const prefix = ['setpriv', ...OTHER_USER]
  const archive = join(command.folder, 'tmp', 'logs.tar.gz')
  const ended = await command.run(['logs', '-o', archive, '--state-dir', state], { prefix })
  expect(ended).toMatchObject({ code: 0, stdout: `${archive}\n` })
  expect(ended.stderr).toMatch(/^landfast: show\.json is not in the archive: this user may not use/m)
  const names = [...unpacked(archive).keys()].map((name) => name.replace('landfast-logs/', ''))
  expect(names).toEqual(expect.arrayContaining(['version.json', 'uname.txt', 'check.json', 'missing.json']))
})

testWith(
  ['root'],
  'root is not led by a link of the agent’s user to a file that this one may not read',
  async () => {
    const home = mkdtempSync(join(command.folder, 'led-'))
    chmodSync(home, 0o755)
    const [state, logs] = [join(home, 'state'), join(home, 'logs')]
    for (const folder of [state, logs]) {
      mkdirSync(folder, { mode: 0o700 })
      chownSync(folder, 54_321, 54_321)
    }
    writeFileSync(join(home, 'shadow'), 'of root alone\n', { mode: 0o600 })
    symlinkSync(join(home, 'shadow'), join(logs, 'audit.log'))
    const config = join(home, 'agent.yaml')
    writeFileSync(config, `state-dir: ${state}\naudit-log: ${logs}/audit.log\n`)
    const archive = join(home, 'logs.tar.gz')
    const ended = await command.run(['logs', '--config', config, '-o', archive, '--json'])
    expect(ended).toMatchObject({ code: 0 })
    expect([...unpacked(archive).values()].join('')).not.toContain('of root alone')
    expect(JSON.parse(ended.stdout).missing).toContainEqual({
      name: 'audit.jsonl',
      reason: expect.stringContaining('EACCES'),
    })
  },
)

test('an archive that cannot be written whole leaves nothing', async () => {
  const file = join(command.folder, 'no-such-folder', 'logs.tar.gz')
  expect(await command.run(['logs', '-o', file, '--state-dir', '/nowhere/x'])).toMatchObject({
    code: 19,
    stdout: '',
  })
  expect(readdirSync(command.folder)).not.toContain('no-such-folder')
})

test('docs/check.md has the list of what is taken', () => {
  const page = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8')
  for (const { name } of ARCHIVE_PARTS) expect(page).toContain(`\`${name}\``)
})

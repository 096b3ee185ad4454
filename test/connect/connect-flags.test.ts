/** `connect` as scripts for azcmagent call it: flags from a file, a correlation id, and flags that mean nothing here. */

import { randomUUID } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startConnectProxy } from '../proxy/connect-proxy.ts'
import { startSite, type TestSite } from './connected-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const MACHINES = { apiVersion: '2024-07-10' }

/** Connects `state` of `site` by the file `config` and `args`. */
function connect(site: TestSite, state: string, config: string, args: readonly string[] = []) {
  return command.run([
    'connect',
    '--config',
    config,
    '--state-dir',
    join(site.folder, state),
    '--json',
    ...args,
  ])
}

test('flags come from a file, JSON or YAML, its paths are meant from its folder, and the command line wins', async () => {
  const site = await startSite()
  const tokenFile = site.file('token', await site.joinToken({ uses: 3 }))
  const flags = {
    'resource-name': 'from-file',
    tags: 'rack=7',
    'join-token-file': tokenFile.split('/').at(-1),
  }
  const json = site.file('connect.json', JSON.stringify({ ...flags, 'use-system-ca': false }))
  const byFile = await connect(site, 'a', json)
  expect(byFile).toMatchObject({ code: 0 })
  const machine = await site.client.call('GET', JSON.parse(byFile.stdout).resourceId, MACHINES)
  expect(machine.body).toMatchObject({ name: 'from-file', tags: { rack: '7' } })
  const yaml = site.file('connect.yaml', `# of all\nresource-name: x\njoin-token-file: ${tokenFile}\n`)
  const byLine = await connect(site, 'b', yaml, ['-n', 'from-line'])
  expect(JSON.parse(byLine.stdout).resourceId).toMatch(/\/from-line$/)
})

test('a join token in a private file brings no warning, and in one that others read it is refused', async () => {
  const site = await startSite()
  const token = await site.joinToken()
  const file = site.file('connect.yaml', `join-token: ${token}\nresource-name: web-1\ncloud: AzureCloud\n`)
  chmodSync(file, 0o644)
  const open = await connect(site, 'a', file)
  expect(open).toMatchObject({ code: 19, stderr: expect.stringContaining('is open to others') })
  chmodSync(file, 0o600)
  const ended = await connect(site, 'a', file)
  expect(ended).toMatchObject({ code: 0 })
  expect(ended.stderr).not.toContain('other users of this host')
  expect(ended.stderr).toContain('--cloud changes nothing')
  expect(open.stderr + ended.stderr + ended.stdout).not.toContain(token)
})

test.each([
  ['resource-nam: x\n', 'did you mean "resource-name"?'],
  ['config: x\n', 'unknown key "config"'],
  ['- a\n', 'must hold names of flags'],
  ['location: [1\n', 'cannot be understood'],
  ['tags: {a: b}\n', 'has no text, number, true or false for "tags"'],
  ['use-system-ca: maybe\n', 'takes true or false for "use-system-ca"'],
  ['ca-file: ~/ca.pem\n', 'which only a shell knows'],
])('the file %j is refused, and nothing is made', async (text, words) => {
  const file = join(command.folder, `${randomUUID()}.yaml`)
  writeFileSync(file, text, { mode: 0o600 })
  const ended = await command.run(['connect', '--config', file, '--state-dir', join(command.folder, 'none')])
  expect(ended).toMatchObject({ code: 19, stdout: '', stderr: expect.stringContaining(words) })
})

test('a correlation id is said, and is that of every line of the audit trail', async () => {
  const site = await startSite()
  const id = randomUUID()
  const state = ['--state-dir', join(site.folder, 'state')]
  const args = [
    'connect',
    '-n',
    'web-1',
    '--join-token-file',
    '-',
    '--correlation-id',
    id.toUpperCase(),
    ...state,
  ]
  const ended = await command.run(args, { input: await site.joinToken() })
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining(`the correlation id is ${id}`) })
  const audit = (await site.client.list('/landfast/v1/audit?$top=1000')) as {
    action: string
    correlationId: string
  }[]
  const ours = audit.filter(({ correlationId }) => correlationId === id)
  expect(ours.map(({ action }) => action).sort()).toEqual(['enrol-machine', 'use-join-token'])

  const { clientId, clientSecret } = site.administrator
  const secret = site.file('secret', clientSecret)
  const other = randomUUID()
  const credential = ['-i', clientId, '--service-principal-secret-file', secret, '--correlation-id', other]
  const second = await command.run([
    'connect',
    ...site.flags('db-1'),
    ...credential,
    '--state-dir',
    join(site.folder, 'b'),
  ])
  expect(second).toMatchObject({ code: 0 })
  const again = (await site.client.list('/landfast/v1/audit?$top=1000')) as { correlationId: string }[]
  expect(again.filter(({ correlationId }) => correlationId === other)).not.toEqual([])
  const wrong = await command.run(['connect', '--correlation-id', 'x', '--join-token', 'x', ...state])
  expect(wrong).toMatchObject({ code: 23, stderr: expect.stringContaining('must be a GUID') })
})

test('a flag that asks for something weaker or other than there is ends with 3, another with a note', async () => {
  const refused = [
    ['--use-device-code'],
    ['--use-azcli'],
    ['--private-link-scope', 'x'],
    ['--gateway-id', 'x'],
    ['--identity-key-store', 'TPM'],
    ['--use-aws-ec2-hostname'],
  ]
  for (const flag of refused) {
    const ended = await command.run(['connect', ...flag, '--state-dir', '/nowhere/state'])
    expect([flag[0], ended.code]).toEqual([flag[0], 3])
    expect(ended.stderr).toMatch(/^landfast: --[\w-]+ is not supported\nhint: .+\n$/)
  }
  const noted = [
    ...['--cloud', 'AzureCloud', '--user-tenant-id', 'x', '--automanage-profile', 'x'],
    ...['--ignore-network-check', '--enable-automatic-upgrade'],
  ]
  const { code, stderr } = await command.run(['connect', ...noted, '--state-dir', '/nowhere/state'])
  expect(code).toBe(16)
  expect(stderr.match(/changes nothing: /g)).toHaveLength(5)
})

test.each(['extension list', 'genkey', 'upgrade --version 1.2', 'license', 'partnerconfig', 'check tpm'])(
  'landfast %s says what stands in its place, and ends with 3',
  async (line) => {
    const ended = await command.run(line.split(' '))
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(ended.stderr).toMatch(/^landfast: "\w+" is not supported\nhint: .+\n$/)
  },
)

test('show tells the proxy that the machine was connected through, without a password', async () => {
  const site = await startSite()
  const proxy = await startConnectProxy({ credentials: 'user:MARKED-PASSWORD' })
  const state = ['--state-dir', join(site.folder, 'state')]
  const file = site.file('credentials', 'user:MARKED-PASSWORD')
  const way = ['--proxy-url', proxy.url, '--proxy-bypass', '.internal', '--proxy-credentials-file', file]
  const input = await site.joinToken()
  const made = await command.run(['connect', '-n', 'web-1', '--join-token-file', '-', ...way, ...state], {
    input,
  })
  expect(made).toMatchObject({ code: 0 })
  // The site is on this host, which is never reached through a proxy.
  const shown = await command.run(['show', '--json', 'httpsProxy', 'proxyBypass', ...state])
  expect(JSON.parse(shown.stdout)).toEqual({ httpsProxy: '', proxyBypass: '.internal' })
  const known = JSON.parse(readFileSync(join(site.folder, 'state', 'registration.json'), 'utf8'))
  const elsewhere = { ...known, authority: `https://id.example.invalid/${site.administrator.tenantId}` }
  writeFileSync(join(site.folder, 'state', 'registration.json'), JSON.stringify(elsewhere))
  const away = await command.run(['show', '--json', 'httpsProxy', ...state])
  expect(JSON.parse(away.stdout)).toEqual({ httpsProxy: proxy.url })
  expect(away.stdout + shown.stdout).not.toContain('MARKED')
})

test('show tells about the operating system, and has the keys of azcmagent', async () => {
  const state = ['--state-dir', join(command.folder, 'nothing')]
  const os = await command.run(['show', '--os', '--json', ...state])
  expect(Object.keys(JSON.parse(os.stdout))).toEqual([
    'osName',
    'osType',
    'osVersion',
    'osSku',
    'machineFqdn',
  ])
  const all = JSON.parse((await command.run(['show', '--json', ...state])).stdout)
  const keys = [
    'status',
    'lastHeartbeat',
    'resourceName',
    'resourceGroup',
    'subscriptionId',
    'tenantId',
    'location',
  ]
  for (const key of [...keys, 'resourceId', 'privateLinkScope', 'agentVersion', 'dependentServiceStatus'])
    expect(all).toHaveProperty(key)
})

test('a definite refusal leaves nothing begun, so that the next connect tells of no machine that may be there', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const options = ['--state-dir', state]
  const spent = await site.joinToken({ uses: 1 })
  const first = ['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', join(site.folder, 'b')]
  expect(await command.run(first, { input: spent })).toMatchObject({ code: 0 })
  const refused = await command.run(['connect', '-n', 'web-2', '--join-token-file', '-', ...options], {
    input: spent,
  })
  expect(refused).toMatchObject({ code: 41 })
  expect(readdirSync(state)).not.toContain('pending-registration.json')
  const { clientId, clientSecret } = site.administrator
  const credential = ['-i', clientId, '--service-principal-secret-file', site.file('secret', clientSecret)]
  const taken = await command.run(['connect', ...site.flags('web-1'), ...credential, ...options])
  expect(taken).toMatchObject({ code: 44 })
  expect(readdirSync(state)).not.toContain('pending-registration.json')
  const last = await command.run(['connect', ...site.flags('web-3'), ...credential, ...options])
  expect(last).toMatchObject({ code: 0, stderr: expect.not.stringContaining('did not end') })
})

test('a proxy for a control plane on this host is said not to be used, by connect and login', async () => {
  const site = await startSite()
  const proxy = ['--proxy-url', 'http://proxy.example:3128']
  const args = ['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', join(site.folder, 'state')]
  const note = `the proxy "http://proxy.example:3128" is not used: "${site.url}" is reached directly, since it is on this host`
  const connected = await command.run([...args, ...proxy], { input: await site.joinToken() })
  expect(connected).toMatchObject({ code: 0, stderr: expect.stringContaining(note) })
  const file = site.file('administrator', JSON.stringify({ ...site.administrator, caFile: site.caFile }))
  const env = { XDG_CONFIG_HOME: join(site.folder, 'config') }
  const login = await command.run(['login', '--administrator', file, ...proxy], { env })
  expect(login).toMatchObject({ code: 0, stderr: expect.stringContaining(note) })
})

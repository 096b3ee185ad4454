/** `landfast workload` as a process of its own: what it writes, for whom, and what it says. */

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { giveFile } from '../../packages/cli/src/discovery/secret-env-file.ts'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { type Ended, makeCommand, OTHER_USER, type TestCommand } from './command.ts'

const VAULT = 'https://vault.azure.net'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A state folder with settings beside it, and the command about the workloads in it. */
function makeHost(settings = 'workload-listen: [10.88.0.1:40343]\n') {
  const home = mkdtempSync(join(command.folder, 'host-'))
  const state = join(home, 'state')
  mkdirSync(state, { mode: 0o700 })
  const config = join(home, 'agent.yaml')
  writeFileSync(config, `state-dir: ${state}\n${settings}`, { mode: 0o600 })
  const workload = (...args: readonly string[]) => command.run(['workload', ...args, '--config', config])
  const add = (name: string, ...args: readonly string[]) =>
    workload('add', name, '--audience', VAULT, ...args)
  return { home, state, config, workload, add, folder: join(state, 'workloads') }
}

function variablesIn(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return Object.fromEntries(lines.map((line) => line.split('=', 2)))
}

const written = ({ stdout, stderr }: Ended) => stdout + stderr

describe('landfast workload add', () => {
  test('makes a file of two variables for one user, keeps no secret, and prints none', async () => {
    const { folder, add } = makeHost()
    const ended = await add('shop')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const file = join(folder, 'shop.env')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER = '' } = variablesIn(file)
    expect(IDENTITY_ENDPOINT).toBe('http://10.88.0.1:40343/msi/token')
    expect(IDENTITY_HEADER).toMatch(/^[\w-]{43}$/)
    expect(ended.stdout).toContain(`env_file: ${file}`)
    expect(ended.stdout).toContain(`podman run --env-file ${file} IMAGE`)
    expect(written(ended) + readFileSync(join(folder, 'shop.json'), 'utf8')).not.toContain(IDENTITY_HEADER)
  })

  test('the container is told which identity it asks for, also after another secret; not where that is the own one', async () => {
    const { state, folder, add, workload } = makeHost()
    const clientId = randomUUID()
    const resourceId = '/subscriptions/s/resourceGroups/g/providers/x/userAssignedIdentities/Shop'
    const identities = [{ clientId, principalId: randomUUID(), resourceId }]
    writeFileSync(join(state, 'presence.json'), JSON.stringify({ nonce: 'n', identities }), {
      mode: 0o600,
    })
    for (const identity of ['shop', resourceId, clientId.toUpperCase()]) {
      const name = `w${randomUUID()}`
      expect(await add(name, '--identity', identity)).toMatchObject({ code: 0, stderr: '' })
      expect(variablesIn(join(folder, `${name}.env`)).AZURE_CLIENT_ID).toBe(clientId)
      expect(await workload('rotate', name)).toMatchObject({ code: 0 })
      expect(variablesIn(join(folder, `${name}.env`)).AZURE_CLIENT_ID).toBe(clientId)
    }
    await add('own')
    expect(variablesIn(join(folder, 'own.env')).AZURE_CLIENT_ID).toBeUndefined()
    const missing = await add('missing', '--identity', 'other')
    expect(missing).toMatchObject({ code: 0, stderr: expect.stringContaining('set AZURE_CLIENT_ID') })
    expect(variablesIn(join(folder, 'missing.env')).AZURE_CLIENT_ID).toBeUndefined()
  })

  test('prints as JSON what it was added with', async () => {
    const { folder, add } = makeHost()
    const from = ['--from', '10.88.0.0/16', '192.168.7.9', '--identity', 'shop', '--json']
    const { stdout } = await add('shop', ...from)
    expect(JSON.parse(stdout)).toEqual({
      name: 'shop',
      identities: ['shop'],
      audiences: [VAULT],
      from: ['10.88.0.0/16', '192.168.7.9'],
      file: join(folder, 'shop.env'),
      endpoint: 'http://10.88.0.1:40343/msi/token',
      added: expect.any(String),
    })
  })

  test('refuses a name that is in use, and leaves its secret as it is', async () => {
    const { folder, add } = makeHost()
    await add('shop')
    const before = readFileSync(join(folder, 'shop.env'), 'utf8')
    expect(await add('shop')).toMatchObject({ code: 67, stderr: expect.stringContaining('"shop" already') })
    expect(readFileSync(join(folder, 'shop.env'), 'utf8')).toBe(before)
  })

  test('of two that run at once under one name, one adds it, and its file has the right secret', async () => {
    const { workload, add } = makeHost()
    const codes = (await Promise.all([add('shop'), add('shop')])).map(({ code }) => code)
    expect(codes.toSorted()).toEqual([0, 67])
    expect(await workload('rotate', 'shop')).toMatchObject({ code: 0 })
  })

  test('says that nothing is given yet: without an audience, beside a policy, at an address nobody named', async () => {
    const { home, workload } = makeHost('workload-listen: [10.88.0.1:40343]\npolicy: policy.yaml\n')
    const bare = await workload('add', 'bare')
    expect(bare).toMatchObject({ code: 0, stderr: expect.stringContaining('without --audience') })
    const ruled = await workload('add', 'ruled', '--audience', VAULT)
    expect(ruled.stderr).toContain('a rule there allows it too')
    const elsewhere = await workload('add', 'far', '--audience', VAULT, '--address', '[fd00:0::1]:40343')
    expect(elsewhere.stderr).toContain('does not listen at [fd00::1]:40343')
    expect(existsSync(join(home, 'policy.yaml'))).toBe(false)
  })

  test.each([
    [['Shop'], 23, 'not "Shop"'],
    [['any'], 23, 'not "any"'],
    [['../shop'], 23, 'not "../shop"'],
    [['shop', '--audience', `${VAULT}/.default`], 23, '"--audience"'],
    [['shop', '--audience', ''], 23, '"--audience"'],
    [['shop', '--identity', 'a b'], 23, '"--identity"'],
    [['shop', '--identity', ''], 23, '"--identity"'],
    [['shop', '--from', '10.88.0.0/33'], 23, '"--from"'],
    [['shop', '--address', '10.88.0.1'], 23, '"--address"'],
    [['shop', '--address', 'example.com:1'], 23, '"--address"'],
    [['shop', '--address', '0.0.0.0:40343'], 23, '"--address"'],
    [['shop', '--address', '[2001:db8::1]:40343'], 23, '"--address"'],
    [['shop', '--owner', 'web'], 23, '"--owner"'],
    [['shop', '--secret-file', '/nowhere/shop.env'], 19, '/nowhere/shop.env'],
  ])('refuses %j in words, and adds nothing', async (args, code, words) => {
    const { folder, workload } = makeHost()
    expect(await workload('add', ...args)).toMatchObject({ code, stderr: expect.stringContaining(words) })
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
  })

  test('needs an address, and a state folder that is there', async () => {
    expect(await makeHost('').add('shop')).toMatchObject({
      code: 16,
      stderr: expect.stringContaining('--address'),
    })
    const { home, config, workload } = makeHost()
    writeFileSync(config, `state-dir: ${home}/gone\nworkload-listen: [10.88.0.1:40343]\n`)
    expect(await workload('add', 'shop')).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('not there'),
    })
  })

  test('does not take the place of a file that is there, nor write where others could change it', async () => {
    const { home, folder, add } = makeHost()
    const mine = join(home, 'mine')
    writeFileSync(mine, 'mine')
    expect(await add('shop', '--secret-file', mine)).toMatchObject({ code: 27 })
    const open = join(home, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    expect(await add('shop', '--secret-file', join(open, 'shop.env'))).toMatchObject({ code: 19 })
    expect(readdirSync(open)).toEqual([])
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
    expect(readFileSync(mine, 'utf8')).toBe('mine')
  })
})

describe('landfast workload rotate', () => {
  test('puts a new secret into the file, and keeps the one before it for the overlap', async () => {
    const { folder, workload, add } = makeHost()
    await add('shop')
    const before = variablesIn(join(folder, 'shop.env'))
    const ended = await workload('rotate', 'shop', '--overlap', '15m')
    expect(ended).toMatchObject({ code: 0 })
    const after = variablesIn(join(folder, 'shop.env'))
    expect(after).toEqual({
      ...before,
      IDENTITY_HEADER: expect.not.stringMatching(before.IDENTITY_HEADER ?? ''),
    })
    expect(written(ended)).not.toContain(after.IDENTITY_HEADER)
    const { secrets } = JSON.parse(readFileSync(join(folder, 'shop.json'), 'utf8'))
    expect(secrets).toEqual([
      { sha256: expect.any(String) },
      { sha256: expect.any(String), until: expect.any(String) },
    ])
    await workload('rotate', 'shop', '--overlap', '1h')
    const later = JSON.parse(readFileSync(join(folder, 'shop.json'), 'utf8')).secrets
    // The oldest is good for no longer than was said.
    expect(later[2]).toEqual(secrets[1])
    expect(later[1].until > secrets[1].until).toBe(true)
    await workload('rotate', 'shop', '--overlap', '0s')
    const [, last, ...older] = JSON.parse(readFileSync(join(folder, 'shop.json'), 'utf8')).secrets
    expect(older).toEqual([])
    expect(Date.parse(last.until)).toBeLessThanOrEqual(Date.now())
  })

  test('that was cut short before it wrote the file can be repeated', async () => {
    const { folder, workload, add } = makeHost()
    await add('shop')
    const file = join(folder, 'shop.env')
    const before = readFileSync(file, 'utf8')
    await workload('rotate', 'shop', '--overlap', '0s')
    writeFileSync(file, before)
    expect(await workload('rotate', 'shop')).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).not.toBe(before)
  })

  test('writes into no file but that of the workload', async () => {
    const { home, folder, workload, add } = makeHost()
    await add('shop')
    const record = join(folder, 'shop.json')
    const other = join(home, 'other')
    writeFileSync(other, 'IDENTITY_HEADER=not-of-shop\n')
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), file: other }))
    expect(await workload('rotate', 'shop')).toMatchObject({ code: 27 })
    expect(await workload('remove', 'shop')).toMatchObject({ code: 0 })
    expect(readFileSync(other, 'utf8')).toBe('IDENTITY_HEADER=not-of-shop\n')
  })

  test('knows no workload that is not there', async () => {
    const { workload } = makeHost()
    expect(await workload('rotate', 'shop')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"shop"'),
    })
  })
})

describe('landfast workload list and remove', () => {
  test('list what there is, by lines and as JSON, without anything of the secrets', async () => {
    const { folder, workload, add } = makeHost()
    await add('shop')
    await add('bank', '--from', '10.1.0.0/16')
    const { stdout } = await workload('list')
    expect(stdout).toMatch(/^NAME .*\n(bank|shop) .*\n(bank|shop) .*\n$/)
    const listed = JSON.parse((await workload('list', '--json')).stdout)
    expect(listed.map(({ name }: { name: string }) => name).toSorted()).toEqual(['bank', 'shop'])
    expect(JSON.stringify(listed)).not.toMatch(/secret|sha256/)
    writeFileSync(join(folder, 'bad.json'), '{')
    expect(await workload('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('bad.json') })
  })

  test('remove it with its file, once; a broken one too', async () => {
    const { folder, workload, add } = makeHost()
    await add('shop')
    writeFileSync(join(folder, 'bad.json'), '{')
    expect(await workload('remove', 'shop')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('removed'),
    })
    expect(await workload('remove', 'shop')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not there'),
    })
    expect(await workload('remove', 'bad')).toMatchObject({ code: 0 })
    expect(readdirSync(folder)).toEqual([])
  })
})

/** The user of an agent. */
const HIMDS = 54_400

describe('run by root for an agent of another user', () => {
  testWith(
    ['linux', 'root'],
    'what it writes is that user’s, and the file goes to whom it is meant for',
    async () => {
      const { home, state, folder, workload, add } = makeHost()
      chmodSync(home, 0o755)
      chownSync(state, HIMDS, HIMDS)
      expect(await add('shop', '--owner', '54500:54501')).toMatchObject({ code: 0 })
      expect(statSync(folder)).toMatchObject({ uid: HIMDS, gid: HIMDS })
      expect(statSync(join(folder, 'shop.json'))).toMatchObject({ uid: HIMDS, gid: HIMDS })
      expect(statSync(join(folder, 'shop.env'))).toMatchObject({ uid: 54_500, gid: 54_501 })
      expect(await workload('rotate', 'shop')).toMatchObject({ code: 0 })
      expect(statSync(join(folder, 'shop.env'))).toMatchObject({ uid: 54_500, gid: 54_501 })
      expect(await workload('remove', 'shop')).toMatchObject({ code: 0 })
      expect(readdirSync(folder)).toEqual([])
    },
  )

  testWith(['linux', 'root'], 'removes no file that others could exchange for another', async () => {
    const { home, folder, workload, add } = makeHost()
    chmodSync(home, 0o755)
    await add('shop')
    // Its link could lead to another folder of root's by the time that the file is removed.
    const [real, link] = [join(home, 'real'), join(home, 'link')]
    mkdirSync(real)
    writeFileSync(join(real, 'shop.env'), readFileSync(join(folder, 'shop.env')))
    symlinkSync(real, link)
    lchownSync(link, HIMDS, HIMDS)
    const record = join(folder, 'shop.json')
    const kept = { ...JSON.parse(readFileSync(record, 'utf8')), file: join(link, 'shop.env') }
    writeFileSync(record, JSON.stringify(kept))
    const ended = await workload('remove', 'shop')
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('remove it yourself') })
    expect(readdirSync(real)).toEqual(['shop.env'])
  })

  testWith(['linux', 'root'], 'gives away no file but the one that was just written', () => {
    const file = join(makeHost().home, 'shop.env')
    writeFileSync(file, 'of root')
    const owner = { userId: 54_500, groupId: 54_500 }
    expect(() => giveFile(file, owner, HIMDS)).toThrow(expect.objectContaining({ code: 'config_unwritable' }))
    expect(statSync(file).uid).toBe(0)
    giveFile(file, owner, 0)
    expect(statSync(file).uid).toBe(54_500)
  })

  test.each([
    'http://10.88.0.1:40343/msi/token\nLD_PRELOAD=/tmp/x.so',
    'http://10.88.0.1:40343/$(id)',
    "http://10.88.0.1:40343/';id;'",
    '',
  ])('an endpoint that says more than where to ask gets into no file: %j', async (endpoint) => {
    const { home, folder, workload, add } = makeHost()
    const file = join(home, 'shop.env')
    await add('shop', '--secret-file', file)
    const before = readFileSync(file, 'utf8')
    const record = join(folder, 'shop.json')
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), endpoint }))
    const ended = await workload('rotate', 'shop')
    expect(ended).toMatchObject({ code: 19, stderr: expect.stringContaining('endpoint') })
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  testWith(['linux', 'root'], 'a pipe in the place of its file holds root up nowhere', async () => {
    const { folder, workload, add } = makeHost()
    await add('shop')
    const file = join(folder, 'shop.env')
    rmSync(file)
    execFileSync('mkfifo', [file])
    expect(await workload('rotate', 'shop')).toMatchObject({ code: 27 })
    expect(await workload('remove', 'shop')).toMatchObject({ code: 0 })
  })

  testWith(['linux', 'root'], 'a link that this user put there leads root nowhere', async () => {
    const { home, state, folder, add } = makeHost()
    chmodSync(home, 0o755)
    chownSync(state, HIMDS, HIMDS)
    const target = join(home, 'target')
    mkdirSync(target, { mode: 0o700 })
    symlinkSync(target, folder)
    expect((await add('shop')).code).toBe(18)
    expect(readdirSync(target)).toEqual([])
  })
})

testWith(
  ['linux', 'namespaces'],
  'the settings of the installed agent are those that are meant',
  async () => {
    const { home, state, folder } = makeHost()
    writeFileSync(join(home, 'installed.yaml'), `state-dir: ${state}\nworkload-listen: [10.99.0.1:77]\n`)
    const installed =
      'mount -t tmpfs tmpfs /etc && mkdir /etc/landfast && cp "$0" /etc/landfast/agent.yaml && exec "$@"'
    const prefix = [...UNSHARE_MOUNTS, 'sh', '-c', installed, join(home, 'installed.yaml')]
    expect(await command.run(['workload', 'add', 'shop'], { prefix })).toMatchObject({ code: 0 })
    expect(variablesIn(join(folder, 'shop.env')).IDENTITY_ENDPOINT).toBe('http://10.99.0.1:77/msi/token')
  },
)

testWith(['linux', 'setpriv'], 'a user who may not enter the state folder is told who may', async () => {
  const { state, config } = makeHost()
  chmodSync(state, 0o700)
  if (process.getuid?.() === 0) chownSync(state, HIMDS, HIMDS)
  else chmodSync(state, 0o000)
  chmodSync(join(config, '..'), 0o755)
  chmodSync(config, 0o644)
  const prefix = process.getuid?.() === 0 ? ['setpriv', ...OTHER_USER, '--'] : []
  const ended = await command.run(
    ['workload', 'add', 'shop', '--state-dir', state, '--address', '10.88.0.1:40343'],
    { prefix },
  )
  chmodSync(state, 0o700)
  expect(ended).toMatchObject({
    code: 18,
    stderr: expect.stringContaining('as root or as the user of the agent'),
  })
})

test('landfast policy test explains what a workload may have', async () => {
  const policy = join(mkdtempSync(join(command.folder, 'policy-')), 'policy.yaml')
  const rules =
    '  - {name: shop, effect: allow, workload: shop}\n  - {name: host, effect: allow, workload: none}\n'
  writeFileSync(policy, `rules:\n${rules}`, { mode: 0o600 })
  const tried = ['policy', 'test', '--policy', policy, '--audience', VAULT]
  const shop = await command.run([...tried, '--workload', 'shop', '--style', 'app-service'])
  expect(shop).toMatchObject({ code: 0, stdout: expect.stringMatching(/^workload "shop"\n/) })
  expect(await command.run([...tried, '--workload', 'bank'])).toMatchObject({ code: 1 })
  expect(await command.run([...tried, '--user', '54321'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('workload none: yes'),
  })
})

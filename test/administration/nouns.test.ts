/** What the administrative commands do, each noun as one story of real processes against a real control plane. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const BELOW = /^\{.*\}$|^\[.*\]$/

test('join tokens: the one line that is printed enrols a server', async () => {
  const site = await startAdministered(command)
  const options = ['--uses', '2', '--lifetime', '2h', '--location', 'cellar', '--tags', 'rack=7']
  const created = await site.run('join-token', 'create', ...options)
  const [, token = ''] = /^printf %s '(lfjt1\.[\w-]+)' \| sudo landfast connect --join-token-file -\n$/.exec(
    created.stdout,
  ) ?? ['']
  expect(created.stderr).toContain('it lets 2 machines into "landfast"')
  const state = join(site.folder, 'state')
  const connect = ['connect', '--join-token-file', '-', '-n', 'web-1', '--state-dir', state]
  expect(await command.run(connect, { input: token })).toMatchObject({ code: 0 })

  const list = await site.run('join-token', 'list')
  expect(list.stdout).toMatch(/^ID +RESOURCE GROUP +LOCATION +USES LEFT +UNTIL +MADE BY +REPLACES\n/)
  expect(list.stdout).toContain('1 of 2')
  expect(list.stdout).not.toContain(token)
  const [{ id }] = await site.read<[{ id: string }]>('join-token', 'list')
  const unasked = await site.run('join-token', 'revoke', id)
  expect([unasked.code, unasked.stderr]).toEqual([16, expect.stringContaining('"--yes" is missing')])
  expect(await site.run('join-token', 'revoke', id, '--yes')).toMatchObject({ code: 0 })
  const none = await site.run('join-token', 'list')
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'landfast: there are none\n' })
  const { command: again } = await site.read('join-token', 'create')
  expect(again).toMatch(/^printf %s 'lfjt1\./)

  for (const [code, args] of [
    [23, ['--uses', '0']],
    [23, ['--lifetime', 'soon']],
    [1, ['--lifetime', '99d']],
    [1, ['--resource-group', 'a group']],
  ] as const) {
    expect((await site.run('join-token', 'create', ...args)).code, args.join(' ')).toBe(code)
  }
})

test('machines: listed, shown, disabled, enabled and deleted, by name or id', async () => {
  const site = await startAdministered(command)
  const input = await site.joinToken({ tags: { rack: '7' } })
  const state = join(site.folder, 'state')
  const connect = ['connect', '--join-token-file', '-', '-n', 'web-1', '--state-dir', state]
  expect(await command.run(connect, { input })).toMatchObject({ code: 0 })
  const machine = (...args: string[]) => site.run('machine', ...args)
  const list = await machine('list')
  expect(list.stdout).toMatch(/^NAME +RESOURCE GROUP +LOCATION +STATUS +SINCE +OBJECT ID\nweb-1 +servers /)
  const group = ['-g', 'servers']
  const shown = await machine('show', 'web-1', ...group)
  expect(shown.stdout).toMatch(/^name +: web-1$/m)
  expect(shown.stdout).toMatch(/^tags +: rack=7$/m)
  const { id = '' } = await site.read('machine', 'show', 'web-1', ...group)
  expect(await machine('disable', id)).toMatchObject({ code: 0, stdout: `disabled: ${id}\n` })
  expect((await machine('show', id)).stdout).toContain('(Disabled)')
  expect(await machine('enable', 'web-1', ...group)).toMatchObject({ code: 0 })
  const accepted = await machine('accept-restored', 'web-1', ...group, '--lifetime', '15m')
  expect([accepted.code, accepted.stdout]).toEqual([0, expect.stringContaining(`: ${id}\n`)])
  const replacing = await site.run('join-token', 'create', '--replace', 'web-1', ...group)
  expect([replacing.code, replacing.stderr]).toEqual([0, expect.stringContaining('the machine "web-1"')])
  expect((await site.run('join-token', 'create', '--replace', 'web-1', '--uses', '2')).code).toBe(23)
  const elsewhere = await machine('show', 'web-1')
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('--resource-group')])
  expect((await machine('delete', id)).code).toBe(16)
  expect(await machine('delete', id, '--yes')).toMatchObject({ code: 0, stdout: `deleted: ${id}\n` })
  expect((await machine('delete', id, '--yes')).stdout).toBe(`it was not there: ${id}\n`)
  expect((await machine('list')).stdout).toBe('')
  const other = id.replace('machines', 'extensions')
  expect((await machine('delete', other, '--yes')).code).toBe(23)
  expect((await machine('delete', '..', '--yes')).code).toBe(23)
})

test('identities: made, given to a machine, federated, and deleted', async () => {
  const site = await startAdministered(command)
  const input = await site.joinToken({ resourceGroup: 'landfast' })
  const state = join(site.folder, 'state')
  const connect = ['connect', '--join-token-file', '-', '-n', 'web-1', '--state-dir', state]
  expect(await command.run(connect, { input })).toMatchObject({ code: 0 })
  const identity = (...args: string[]) => site.run('identity', ...args)
  const made = await site.read<{ id: string; location: string }>('identity', 'create', 'backup')
  expect(made).toMatchObject({ location: 'cellar', properties: { clientId: expect.any(String) } })
  expect(await identity('create', 'other', '-g', 'new', '-l', 'attic')).toMatchObject({ code: 0 })
  expect((await identity('list')).stdout).toMatch(/backup +landfast +cellar .*\nother +new +attic /)
  expect(await identity('assign', 'backup', '--machine', 'web-1')).toMatchObject({ code: 0 })
  expect((await identity('show', 'backup')).stdout).toMatch(/^machines +: \S+\/machines\/web-1$/m)
  expect(await identity('unassign', 'backup', '-m', 'web-1')).toMatchObject({ code: 0 })
  expect((await site.read<{ machines: [] }>('identity', 'show', made.id)).machines).toEqual([])
  expect((await identity('assign', 'backup')).code).toBe(16)

  const trust = ['--issuer', 'https://token.actions.githubusercontent.com', '--subject', 'repo:o/r:ref:main']
  const added = await identity('federate', 'add', 'backup', '--name', 'main', ...trust)
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('api://AzureADTokenExchange') })
  expect((await identity('federate', 'list', 'backup')).stdout).toMatch(/^main +https:\/\/token\.actions/m)
  const wrong = await identity('federate', 'add', 'backup', '--name', 'x y', ...trust)
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('hint: ')])
  const value = "claims['sub'] matches 'repo:o@1/r@2:*'"
  const many = [...trust.slice(0, 2), '--claims-matching-expression']
  const branches = await identity('federate', 'add', 'backup', '--name', 'branches', ...many, value)
  expect(branches).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^expression +: claims\['sub'\] m/m),
  })
  const open = await identity(
    'federate',
    'add',
    'backup',
    '--name',
    'all',
    ...many,
    "claims['sub'] matches '*'",
  )
  expect([open.code, open.stderr]).toEqual([1, expect.stringContaining('must say whose subject it is')])
  const both = await identity(
    'federate',
    'add',
    'backup',
    '--name',
    'both',
    ...trust,
    ...many.slice(2),
    value,
  )
  expect([both.code, both.stderr]).toEqual([23, expect.stringContaining('keep one of them')])
  const neither = await identity('federate', 'add', 'backup', '--name', 'none', ...trust.slice(0, 2))
  expect([neither.code, neither.stderr]).toEqual([
    16,
    expect.stringContaining('--claims-matching-expression'),
  ])
  expect((await identity('federate', 'remove', 'backup', 'main')).code).toBe(16)
  expect(await identity('federate', 'remove', 'backup', 'branches', '-y')).toMatchObject({ code: 0 })
  expect(await identity('federate', 'remove', 'backup', 'main', '-y')).toMatchObject({ code: 0 })
  expect(await site.read('identity', 'federate', 'list', 'backup')).toEqual([])
  expect(await identity('delete', 'backup', '--yes')).toMatchObject({ code: 0 })
  expect((await identity('show', 'backup')).stderr).toContain('ResourceNotFound')
})

test('roles: given by name, seen, given twice without harm, and taken; app roles as well', async () => {
  const site = await startAdministered(command)
  const { principalId = '' } = await site.read('service-principal', 'create', 'reader')
  const scope = `/subscriptions/${site.administrator.subscriptionId}`
  const demand = ['--role', 'reader', '--assignee', principalId, '--scope', scope]
  const given = await site.read('role', 'assign', ...demand)
  expect(await site.read('role', 'assign', ...demand)).toMatchObject({ id: given.id })
  expect((await site.run('role', 'list')).stdout).toMatch(
    new RegExp(`^Reader +reader +${principalId} +${scope} `, 'm'),
  )
  const above = await site.run('role', 'list', '--at-scope', '--scope', '/')
  expect(above.stdout).not.toContain(principalId)
  const own = await site.run('role', 'list', '--assignee', principalId)
  expect(own.stdout.trim().split('\n')).toHaveLength(2)
  const missing = await site.run('role', 'assign', ...demand.with(1, 'Ruler'))
  expect([missing.code, missing.stderr]).toEqual([23, expect.stringContaining('User Access Administrator')])
  const nowhere = await site.run('role', 'assign', ...demand.slice(0, 4))
  expect([nowhere.code, nowhere.stderr]).toEqual([16, expect.stringContaining('--resource-group')])
  expect((await site.run('role', 'assign', ...demand.with(5, 'no-scope'))).code).toBe(23)
  expect((await site.run('role', 'remove', ...demand)).code).toBe(16)
  expect(await site.run('role', 'remove', ...demand, '--yes')).toMatchObject({ code: 0 })
  const again = await site.run('role', 'remove', ...demand, '--yes')
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('it was not there')])

  const appRole = ['--app-role', 'rabbitmq.read:*/*', '--resource', 'rabbitmq', '-a', principalId]
  expect(await site.run('role', 'assign', ...appRole)).toMatchObject({ code: 0 })
  const appRoles = await site.run('role', 'list', '--app-roles', '-a', principalId)
  expect(appRoles.stdout).toMatch(/^rabbitmq\.read:\*\/\* +rabbitmq /m)
  expect(await site.run('role', 'remove', ...appRole, '--yes')).toMatchObject({ code: 0 })
  expect((await site.run('role', 'assign', '--app-role', 'x', '-a', principalId)).code).toBe(16)

  const [owner] = await site.read<[{ properties: { principalId: string } }]>('role', 'list', '--scope', '/')
  const last = ['--role', 'Owner', '-a', owner.properties.principalId, '--scope', '/', '--yes']
  const kept = await site.run('role', 'remove', ...last)
  expect([kept.code, kept.stderr]).toEqual([1, expect.stringContaining('CannotDeleteLastRbacAdmin')])
})

test('service principals: the secret goes to a file for its owner alone, and is printed only on demand', async () => {
  const site = await startAdministered(command)
  const principal = (...args: string[]) => site.run('service-principal', ...args)
  const file = join(site.folder, 'deployment.secret')
  expect(await principal('create', 'deployment', '--secret-file', file)).toMatchObject({ code: 0 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const first = readFileSync(file, 'utf8')
  expect(first.length).toBeGreaterThan(30)
  expect((await principal('reset-secret', 'deployment')).code).toBe(16)
  expect(await principal('reset-secret', 'deployment', '--secret-file', file)).toMatchObject({ code: 0 })
  const second = readFileSync(file, 'utf8')
  expect(second).not.toBe(first)
  expect(site.written()).not.toContain(first)
  expect(site.written()).not.toContain(second)
  const shown = await site.read('service-principal', 'reset-secret', 'deployment', '--show-secret')
  expect(shown.secret?.length).toBeGreaterThan(30)
  const { body } = await site.client.call('GET', `/landfast/v1/service-principals/${shown.principalId}`)
  expect(body.secrets).toHaveLength(1)

  const append = ['reset-secret', 'deployment', '--show-secret', '--keep-others']
  for (let secrets = 1; secrets < 5; secrets += 1) expect((await principal(...append)).code).toBe(0)
  const full = await principal(...append)
  expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('without --keep-others')])
  expect(await principal('reset-secret', 'deployment', '--secret-file', file)).toMatchObject({ code: 0 })
  const after = await site.client.call('GET', `/landfast/v1/service-principals/${shown.principalId}`)
  expect(after.body.secrets).toHaveLength(1)

  const lost = join(site.folder, 'missing', 'x.secret')
  expect((await principal('create', 'never', '--secret-file', lost)).code).toBe(19)
  expect((await principal('list')).stdout).not.toContain('never')
  expect((await principal('create', 'x', '--secret-file', file, '--show-secret')).code).toBe(2)
  const { pem, privateKey } = await makeCertificate({ name: 'CN=deployment' })
  const both = site.file('both.pem', `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem}\n`)
  const certificate = ['--cert', both]
  expect(await principal('add-certificate', 'deployment', ...certificate)).toMatchObject({ code: 0 })
  const known = await principal('add-certificate', 'deployment', ...certificate)
  expect([known.code, known.stderr]).toEqual([1, expect.stringContaining('CertificateExists')])
  const credential = ['-i', shown.clientId ?? '', '--service-principal-cert', both]
  const login = ['login', '--url', site.url, '--ca-file', site.caFile, ...credential]
  expect(await command.run(login, { env: site.home('deployment') })).toMatchObject({ code: 0 })
  expect((await principal('add-certificate', 'deployment', '--cert', file)).code).toBe(23)
  expect((await principal('delete', 'nobody', '--yes')).code).toBe(23)
  expect(await principal('delete', 'deployment', '--yes')).toMatchObject({ code: 0 })
  const list = await site.run('service-principal', 'list', '--json')
  expect(list.stdout.trim()).toMatch(BELOW)
  expect(list.stdout).not.toContain('deployment')
  expect(existsSync(file)).toBe(true)
})

test('signing keys: listed and rotated; that all tokens become worthless is asked for', async () => {
  const site = await startAdministered(command)
  expect((await site.run('signing-keys', 'list')).stdout).toMatch(
    /^KID +SIGNS +SIGNS FROM +PUBLISHED UNTIL\n/,
  )
  expect(await site.run('signing-keys', 'rotate')).toMatchObject({ code: 0 })
  expect(await site.read<unknown[]>('signing-keys', 'list')).toHaveLength(2)
  expect((await site.run('signing-keys', 'rotate', '--urgency', 'compromised')).code).toBe(16)
  expect((await site.run('signing-keys', 'rotate', '--urgency', 'soon')).code).toBe(23)
  expect(await site.run('signing-keys', 'rotate', '--urgency', 'compromised', '-y')).toMatchObject({
    code: 0,
  })
})

test('a noun alone shows what it has, and ends as a mistake', async () => {
  const { code, stdout, stderr } = await command.run(['machine'])
  expect([code, stdout + stderr]).toEqual([2, expect.stringContaining('Usage: landfast machine')])
})

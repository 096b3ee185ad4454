/** `landfast connect`, `show` and `disconnect` as real processes against a real control plane. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { GROUP, kept, startSite } from './connected-site.ts'

let command: TestCommand

beforeAll(async () => {
  command = await makeCommand()
})

afterAll(() => command.remove())

const MACHINES = { apiVersion: '2024-07-10' }

test('one line with a join token enrols a server, which is told by show and ended by disconnect', async () => {
  const site = await startSite()
  const token = await site.joinToken({ tags: { rack: '7' } })
  const state = join(site.folder, 'state')
  const options = ['--state-dir', state]
  const args = ['connect', '--join-token-file', '-', '-n', 'web-1', '--tags', 'owner=a\\,b', ...options]
  const connected = await command.run([...args, '--json'], { input: `${token}\n` })
  expect(connected).toMatchObject({ code: 0 })
  const { resourceId, principalId } = JSON.parse(connected.stdout)
  const machine = await site.client.call('GET', resourceId, MACHINES)
  expect(machine.body).toMatchObject({
    name: 'web-1',
    location: 'cellar',
    tags: { rack: '7', owner: 'a,b' },
    identity: { principalId },
    properties: { osType: 'linux', agentVersion: '0.1.0' },
  })
  expect(statSync(state).mode & 0o777).toBe(0o700)
  for (const name of ['registration.json', 'presence.json']) {
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600)
  }
  expect(existsSync(join(state, 'pending-registration.json'))).toBe(false)

  const shown = await command.run(['show', 'Resource Name', 'resourceGroup', 'status', ...options])
  expect(shown.stdout).toBe(
    'Resource Name       : web-1\nResource Group Name : servers\nAgent Status        : Disconnected\n',
  )
  const all = await command.run(['show', '--json', ...options])
  expect(JSON.parse(all.stdout)).toMatchObject({
    resourceId,
    principalId,
    subscriptionId: site.administrator.subscriptionId,
    tenantId: site.administrator.tenantId,
    location: 'cellar',
    cloud: site.url,
    serviceStatus: 'stopped',
  })

  const again = await command.run([...args], { input: token })
  expect(again).toMatchObject({ code: 67, stderr: expect.stringContaining(resourceId) })

  const { clientId, clientSecret } = site.administrator
  const secretFile = site.file('secret', clientSecret)
  const ended = await command.run([
    ...['disconnect', '-i', clientId, '--service-principal-secret-file', secretFile, ...options],
  ])
  expect(ended).toMatchObject({ code: 0, stdout: `disconnected: ${resourceId}\n` })
  await expect(site.client.call('GET', resourceId, MACHINES)).rejects.toMatchObject({ status: 404 })
  expect(readdirSync(state).filter((name) => name.endsWith('.json') && !name.startsWith('.'))).toEqual([])
  const nothing = await command.run(['disconnect', ...options])
  expect(nothing).toMatchObject({ code: 0, stdout: 'this machine was not connected\n' })

  const written = [connected, shown, all, again, ended].map(({ stdout, stderr }) => stdout + stderr).join()
  expect(written).not.toContain(token)
  expect(written).not.toContain(clientSecret)
  expect(written).not.toContain('PRIVATE KEY')
})

test('a join token by variable is accepted, one in the arguments with a warning', async () => {
  const site = await startSite()
  const token = await site.joinToken({ uses: 2 })
  const env = { LANDFAST_JOIN_TOKEN: token }
  const byVariable = await command.run(['connect', '-n', 'a', '--state-dir', join(site.folder, 'a')], { env })
  expect(byVariable.code).toBe(0)
  expect(byVariable.stderr).not.toContain('other users')
  const args = ['connect', '-n', 'b', '--state-dir', join(site.folder, 'b'), '--join-token', token]
  const byArgument = await command.run(args)
  expect(byArgument.code).toBe(0)
  expect(byArgument.stderr).toContain('other users of this host see the arguments')
  expect(byArgument.stderr).not.toContain(token)
})

test('a service principal connects by its secret, and its group is made', async () => {
  const site = await startSite()
  const { clientId, clientSecret } = site.administrator
  const state = join(site.folder, 'state')
  const secretFile = site.file('secret', clientSecret)
  const args = ['connect', '-i', clientId, ...site.flags('db-1'), '--state-dir', state]
  const connected = await command.run([...args, '--service-principal-secret-file', secretFile])
  expect(connected).toMatchObject({ code: 0 })
  const { identity } = kept(state, 'registration.json') as {
    identity: { resourceId: string; principalId: string }
  }
  expect(identity.resourceId).toContain(`/resourceGroups/${GROUP}/`)
  const machine = await site.client.call('GET', identity.resourceId, MACHINES)
  expect(machine.body).toMatchObject({ identity: { principalId: identity.principalId }, location: 'cellar' })
})

test('what is missing or wrong ends with the exit codes of azcmagent and a hint', async () => {
  const site = await startSite()
  const { clientId } = site.administrator
  const state = join(site.folder, 'state')
  const common = ['connect', ...site.flags('x'), '--state-dir', state]
  const withSecret = (secret: string) => [
    ...common,
    ...['-i', clientId, '--service-principal-secret-file', site.file('secret', secret)],
  ]
  const cases: [number, string[]][] = [
    [16, common],
    [16, [...common, '-i', clientId]],
    [16, ['connect', '-i', clientId, '-p', 'x', '--state-dir', state]],
    [23, ['connect', '--join-token', 'lfjt1.oops', '--state-dir', state]],
    [23, [...common, '--join-token', await site.joinToken()]],
    [23, ['connect', '--join-token', await site.joinToken(), '--tags', 'x', '--state-dir', state]],
    [26, [...withSecret('x'), '--url', 'https://127.0.0.1:9']],
    [41, withSecret('MARKED-WRONG-SECRET')],
    [19, [...common, '-i', clientId, '--service-principal-secret-file', join(site.folder, 'none')]],
    [23, ['show', 'colour', '--state-dir', state]],
  ]
  for (const [code, args] of cases) {
    const ended = await command.run(args)
    expect([args.slice(0, 4), ended.code, ended.stderr]).toEqual([args.slice(0, 4), code, ended.stderr])
    expect(ended.stderr).toMatch(/^landfast: /m)
    expect(ended.stderr + ended.stdout).not.toContain('MARKED')
  }
  expect(readFileSync(site.caFile, 'utf8')).toContain('CERTIFICATE')
})

test('a name that is taken is 44, a join token that is spent 41', async () => {
  const site = await startSite()
  const [first, second] = [await site.joinToken(), await site.joinToken()]
  const connect = (token: string, folder: string) =>
    command.run(
      ['connect', '-n', 'same', '--join-token-file', '-', '--state-dir', join(site.folder, folder)],
      {
        input: token,
      },
    )
  expect((await connect(first, 'a')).code).toBe(0)
  expect((await connect(first, 'b')).code).toBe(41)
  expect((await connect(second, 'b')).code).toBe(44)
})

/** What `landfast group` and `landfast user` do, as real processes against a real control plane. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROVIDER } from '../../packages/control-plane/src/testing/trial-people.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('a group is made, given a role, disabled, enabled and deleted, by its name or object id', async () => {
  const site = await startAdministered(command, { portalProvider: PROVIDER })
  const group = (...args: string[]) => site.run('group', ...args)
  const made = await site.read('group', 'create', 'platform', '--claim-value', 'platform-team')
  expect(made).toMatchObject({
    displayName: 'platform',
    claimValue: 'platform-team',
    issuer: PROVIDER.issuer,
  })
  const { principalId = '' } = made
  const again = await group('create', 'other', '--claim-value', 'platform-team')
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('UserOrGroupExists')])
  const scope = `/subscriptions/${site.administrator.subscriptionId}`
  const demand = ['--role', 'reader', '--assignee', principalId, '--scope', scope]
  const given = await site.read<{ properties: object }>('role', 'assign', ...demand)
  expect(given.properties).toMatchObject({ principalId, principalType: 'Group' })
  expect((await site.run('role', 'list')).stdout).toMatch(
    new RegExp(`^Reader +platform +${principalId} `, 'm'),
  )
  expect((await group('list')).stdout).toMatch(/^NAME +OBJECT ID +CLAIM VALUE +ISSUER +STATE +MADE\n/)
  expect((await group('disable', 'platform')).stdout).toMatch(/^state +: disabled$/m)
  expect((await group('enable', principalId.toUpperCase())).stdout).toMatch(/^state +: enabled$/m)
  const unknown = await group('disable', 'nobody')
  expect([unknown.code, unknown.stderr]).toEqual([23, expect.stringContaining('landfast group list')])
  expect((await group('delete', 'platform')).code).toBe(16)
  expect(await group('delete', 'platform', '--yes')).toMatchObject({ code: 0 })
  expect(await site.read('group', 'list')).toEqual([])
})

test('a user is made by its subject; without a provider nobody is', async () => {
  const site = await startAdministered(command, { portalProvider: PROVIDER })
  const made = await site.read('user', 'create', 'ada@example.com', '--subject', 'Ada-1')
  expect(await site.read('user', 'list')).toEqual([expect.objectContaining({ ...made, subject: 'Ada-1' })])
  expect((await site.run('user', 'create', 'ada@example.com')).code).toBe(16)
  const without = await startAdministered(command)
  const refused = await without.run('group', 'create', 'x', '--claim-value', 'x')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('portal-oidc-issuer')])
})

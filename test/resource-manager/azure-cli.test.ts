import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startWithAdministrator } from './administrator.ts'
import { findAzureCli } from './azure-cli.ts'

/** Az starts anew for each command, and takes seconds for it on a busy machine. */
const PATIENCE_MILLISECONDS = 600_000

const ISSUER = 'https://token.actions.githubusercontent.com'
const AUDIENCE = 'api://AzureADTokenExchange'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test(
  'az registers the cloud by its URL, signs in there and administers it, and asks no other host',
  async (context) => {
    const { file, caFile } = await startWithAdministrator()
    const { az, asked } = await findAzureCli(context, { caFile })
    const { url, tenantId, clientId, clientSecret, subscriptionId } = JSON.parse(readFileSync(file, 'utf8'))
    await az('cloud', 'register', '-n', 'Landfast', '--endpoint-resource-manager', url)
    await az('cloud', 'set', '-n', 'Landfast')
    await az('config', 'set', 'core.instance_discovery=false')
    const secret = ['-u', clientId, '-p', clientSecret, '--tenant', tenantId]
    expect(await az('login', '--service-principal', ...secret)).toMatchObject([
      { id: subscriptionId, tenantId },
    ])
    const inGroup = ['-g', 'web']
    const groupId = `/subscriptions/${subscriptionId}/resourceGroups/web`
    await az('group', 'create', '-n', 'web', '-l', 'westeurope', '--tags', 'team=a')

    const identity = (await az('identity', 'create', ...inGroup, '-n', 'api')) as {
      id: string
      clientId: string
      principalId: string
    }
    expect(await az('identity', 'list', '--query', '[].name')).toEqual(['api'])
    const of = ['--identity-name', 'api', ...inGroup, '-n', 'ci-1']
    const trust = ['--issuer', ISSUER, '--subject', 'repo:a/b', '--audiences', AUDIENCE]
    await az('identity', 'federated-credential', 'create', ...of, ...trust)
    expect(await az('identity', 'federated-credential', 'show', ...of)).toMatchObject({ issuer: ISSUER })
    await az('identity', 'federated-credential', 'delete', ...of, '-y')

    const assignee = ['--assignee', identity.clientId]
    expect(
      await az('role', 'assignment', 'create', ...assignee, '--role', 'Reader', '--scope', groupId),
    ).toMatchObject({
      principalId: identity.principalId,
      principalType: 'ServicePrincipal',
    })
    expect(await az('role', 'assignment', 'list', ...assignee, '--all')).toMatchObject([
      { principalId: identity.principalId, principalName: identity.clientId, roleDefinitionName: 'Reader' },
    ])
    await az('role', 'assignment', 'delete', ...assignee, '--role', 'Reader', ...inGroup)
    expect(await az('role', 'assignment', 'list', '--all', '--query', '[].roleDefinitionName')).toEqual([
      'Owner',
    ])

    expect(await az('resource', 'list', '-n', 'API', '--query', '[].id')).toEqual([identity.id])
    expect(await az('resource', 'show', '--ids', identity.id, '--query', 'name')).toBe('api')
    expect(await az('group', 'list', '--tag', 'team=a', '--query', '[].name')).toEqual(['web'])
    await az('tag', 'update', '--resource-id', identity.id, '--operation', 'merge', '--tags', 'x=y')
    expect(await az('tag', 'list', '--resource-id', identity.id, '--query', 'properties.tags')).toEqual({
      x: 'y',
    })
    expect(await az('account', 'list-locations', '--query', '[].name')).toEqual(['westeurope'])
    expect(await az('identity', 'delete', ...inGroup, '-n', 'api')).toBe('')
    await expect(az('identity', 'show', ...inGroup, '-n', 'api')).rejects.toThrow('(ResourceNotFound)')
    expect(asked).toEqual([])
  },
  PATIENCE_MILLISECONDS,
)

test(
  'az signs in under "run" with the identity of the run, and neither the home nor another host is touched',
  async (context) => {
    const { env, home, asked } = await findAzureCli(context)
    const script = 'az login --identity && az group list && az role assignment list --all'
    const { code, stdout, stderr } = await command.run(['run', '--', 'sh', '-c', script], { env })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [login, groups, roles] = stdout.split(/^(?=\[)/m).map((text) => JSON.parse(text))
    expect(login).toMatchObject([{ environmentName: 'Landfast', name: 'Landfast', isDefault: true }])
    expect(groups).toMatchObject([{ name: 'landfast' }])
    expect(roles).toContainEqual(expect.objectContaining({ roleDefinitionName: 'Reader' }))
    expect([readdirSync(home), asked]).toEqual([[], []])
  },
  PATIENCE_MILLISECONDS,
)

/** It signs in by a secret only after it has asked login.microsoftonline.com, whatever its cloud says; by an identity it does not. */
const OLD_SCRIPT = `
az login --identity
az group show -n landfast
az resource list --query '[].type'
az identity list
az role assignment list --all --query '[].roleDefinitionName'
az account list-locations --query '[].name'
`

test(
  'an az of 2023 signs in with the identity of the run and reads what is there, and asks no other host',
  async (context) => {
    const { env, home, asked } = await findAzureCli(context, { version: 'az-2.45' })
    const asAppService = ['run', '--as', 'app-service-2017', '--', 'sh', '-ec', OLD_SCRIPT]
    const { code, stdout, stderr } = await command.run(asAppService, { env })
    expect([code, stderr]).toEqual([0, ''])
    const [login, group, ...lists] = stdout.split(/^(?=[[{])/m).map((text) => JSON.parse(text))
    expect(login).toMatchObject([{ environmentName: 'Landfast', isDefault: true }])
    expect(group).toMatchObject({ name: 'landfast' })
    expect(lists).toEqual([
      ['Microsoft.HybridCompute/machines'],
      [],
      expect.arrayContaining(['Reader', 'Owner']),
      ['local'],
    ])
    expect([readdirSync(home), asked]).toEqual([[], []])
  },
  PATIENCE_MILLISECONDS,
)

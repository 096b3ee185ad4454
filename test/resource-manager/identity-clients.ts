/**
 * Azure's own clients of managed identities and of roles, unmodified, in a process of their own that trusts the
 * control plane's CA. Prints what each of them made of the answers, as JSON.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { ManagedServiceIdentityClient } from '@azure/arm-msi'
import { ResourceManagementClient } from '@azure/arm-resources'
import { ClientSecretCredential } from '@azure/identity'

const GROUP = 'js-identities'
const MACHINE_VERSION = '2025-01-13'
const MANAGEMENT = 'https://management.azure.com/.default'

const [administratorFile = ''] = process.argv.slice(2)
const administrator = JSON.parse(readFileSync(administratorFile, 'utf8'))
const { url, tenantId, subscriptionId } = administrator

function credentialOf({ clientId, clientSecret }: { clientId: string; clientSecret: string }) {
  const authority = { authorityHost: url, disableInstanceDiscovery: true }
  return new ClientSecretCredential(tenantId, clientId, clientSecret, authority)
}

function clientsOf(credential: ClientSecretCredential) {
  const endpoint = { endpoint: url }
  return {
    msi: new ManagedServiceIdentityClient(credential, subscriptionId, endpoint),
    roles: new AuthorizationManagementClient(credential, subscriptionId, endpoint),
    resources: new ResourceManagementClient(credential, subscriptionId, endpoint),
  }
}

/** Every item of a list that comes in pages. */
async function all<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of list) items.push(item)
  return items
}

/** The status and code of what is refused. */
async function refusal(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (refused) => refused,
  )
  return [error?.statusCode, error?.code]
}

/** Asks at a route of Landfast's own. */
async function own(path: string, body: object): Promise<Record<string, string>> {
  const { token } = await credentialOf(administrator).getToken(MANAGEMENT)
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as Record<string, string>
}

/** A second caller, without roles. */
async function addCaller() {
  const { principalId = '', clientId = '' } = await own('/landfast/v1/service-principals', {
    displayName: 'operator',
  })
  const { secret = '' } = await own(`/landfast/v1/service-principals/${principalId}/secrets`, {})
  return { principalId, ...clientsOf(credentialOf({ clientId, clientSecret: secret })) }
}

const { msi, roles, resources } = clientsOf(credentialOf(administrator))
const { id: scope = '' } = await resources.resourceGroups.createOrUpdate(GROUP, { location: 'here' })
const machineId = `${scope}/providers/Microsoft.HybridCompute/machines/m1`
const systemAssigned = { location: 'here', identity: { type: 'SystemAssigned' as const } }
const machine = await resources.resources.createOrUpdateById(machineId, MACHINE_VERSION, systemAssigned)

const made = await msi.userAssignedIdentities.createOrUpdate(GROUP, 'web', { location: 'here' })
const updated = await msi.userAssignedIdentities.update(GROUP, 'web', { tags: { a: '1' } })
await msi.userAssignedIdentities.createOrUpdate(GROUP, 'api', { location: 'here' })
const identities = {
  made: [made.name, made.tenantId === tenantId, made.type],
  updated: [updated.tags, updated.principalId === made.principalId],
  read: (await msi.userAssignedIdentities.get(GROUP, 'WEB')).clientId === made.clientId,
  group: (await all(msi.userAssignedIdentities.listByResourceGroup(GROUP))).map(({ name }) => name),
  all: (await all(msi.userAssignedIdentities.listBySubscription())).map(({ name }) => name),
  system:
    (await msi.systemAssignedIdentities.getByScope(machineId)).principalId === machine.identity?.principalId,
  missing: await refusal(msi.userAssignedIdentities.get(GROUP, 'missing')),
}

const trust = { issuer: 'https://ci.example', subject: 'repo', audiences: ['api://AzureADTokenExchange'] }
const credentials = msi.federatedIdentityCredentials
const federated = {
  made: (await credentials.createOrUpdate(GROUP, 'web', 'ci-1', trust)).issuer,
  twice: await refusal(credentials.createOrUpdate(GROUP, 'web', 'ci-2', trust)),
  more: (await credentials.createOrUpdate(GROUP, 'web', 'ci-2', { ...trust, subject: 'other' })).name,
  paged: (await all(credentials.list(GROUP, 'web', { top: 1 }))).map(({ name }) => name),
  read: (await credentials.get(GROUP, 'web', 'ci-1')).audiences,
  deleted: await credentials.delete(GROUP, 'web', 'ci-1').then(() => 'deleted'),
  missing: await refusal(credentials.get(GROUP, 'web', 'ci-1')),
}

const [reader] = await all(roles.roleDefinitions.list(scope, { filter: "roleName eq 'Reader'" }))
const roleDefinitionId = reader?.id ?? ''
const caller = await addCaller()
const ask = () => caller.msi.userAssignedIdentities.get(GROUP, 'web')
const before = await refusal(ask())
const assignment = { roleDefinitionId, principalId: caller.principalId, principalType: 'ServicePrincipal' }
const name = randomUUID()
const given = await roles.roleAssignments.create(scope, name, assignment)
const mine = { filter: `principalId eq '${caller.principalId}'` }
const names = async (list: AsyncIterable<{ name?: string }>) =>
  (await all(list)).map((one) => (one.name === name ? 'given' : 'other')).sort()
const assignments = {
  definitions: (await all(roles.roleDefinitions.list('/'))).length,
  definition: (await roles.roleDefinitions.getById(roleDefinitionId)).roleName,
  before,
  given: [
    given.id === `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    given.principalType,
  ],
  again: (await roles.roleAssignments.create(scope, name, assignment)).id === given.id,
  twice: await refusal(roles.roleAssignments.create(scope, randomUUID(), assignment)),
  nobody: await refusal(
    roles.roleAssignments.create(scope, randomUUID(), { ...assignment, principalId: randomUUID() }),
  ),
  allowed: (await ask()).name,
  refused: await refusal(caller.roles.roleAssignments.create(scope, randomUUID(), assignment)),
  permissions: (await all(caller.roles.permissions.listForResourceGroup(GROUP))).map(
    ({ actions }) => actions,
  ),
  atScope: await names(roles.roleAssignments.listForScope(scope, mine)),
  inGroup: await names(roles.roleAssignments.listForResourceGroup(GROUP, mine)),
  inSubscription: await names(roles.roleAssignments.listForSubscription(mine)),
  onMachine: await names(
    roles.roleAssignments.listForResource(GROUP, 'Microsoft.HybridCompute', 'machines', 'm1', {
      filter: 'atScope()',
    }),
  ),
  everywhere: await names(roles.roleAssignments.listForScope('/', mine)),
  read: (await roles.roleAssignments.getById(given.id ?? '')).principalId === caller.principalId,
  deleted: (await roles.roleAssignments.delete(scope, name)).id === given.id,
  deletedAgain: await roles.roleAssignments.delete(scope, name).then(() => 'deleted'),
  after: await refusal(ask()),
}

const both = {
  type: 'SystemAssigned, UserAssigned' as const,
  userAssignedIdentities: { [made.id ?? '']: {} },
}
const assigned = await resources.resources.updateById(machineId, MACHINE_VERSION, { identity: both })
const [[assignedId, ids] = []] = Object.entries(assigned.identity?.userAssignedIdentities ?? {})
await msi.userAssignedIdentities.delete(GROUP, 'web')
const onMachine = {
  type: assigned.identity?.type,
  ids: [assignedId === made.id, ids?.principalId === made.principalId, ids?.clientId === made.clientId],
  deleted: (await resources.resources.getById(machineId, MACHINE_VERSION)).identity?.type,
  again: await refusal(resources.resources.updateById(machineId, MACHINE_VERSION, { identity: both })),
}

process.stdout.write(JSON.stringify({ identities, federated, assignments, onMachine }))

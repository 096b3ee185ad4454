/**
 * Azure's own clients of Resource Manager, unmodified, in a process of their own that trusts the control plane's
 * CA. Prints what each of them made of the answers, as JSON.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { HybridComputeManagementClient } from '@azure/arm-hybridcompute'
import { ResourceManagementClient } from '@azure/arm-resources'
import { SubscriptionClient } from '@azure/arm-resources-subscriptions'
import { ClientSecretCredential } from '@azure/identity'

const MACHINE = '/providers/Microsoft.HybridCompute/machines'
const MACHINE_VERSION = '2025-01-13'
const GROUP = 'js-clients'

const [administratorFile = ''] = process.argv.slice(2)
const { url, tenantId, subscriptionId, clientId, clientSecret } = JSON.parse(
  readFileSync(administratorFile, 'utf8'),
)
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost: url,
  disableInstanceDiscovery: true,
})
const endpoint = { endpoint: url }
const resources = new ResourceManagementClient(credential, subscriptionId, endpoint)
const hybrid = new HybridComputeManagementClient(credential, subscriptionId, endpoint)
const subscriptions = new SubscriptionClient(credential, endpoint)

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

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const clientPublicKey = publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64')

const group = await resources.resourceGroups.createOrUpdate(GROUP, { location: 'West Europe' })
await resources.resourceGroups.createOrUpdate(`${GROUP}-2`, { location: 'westeurope' })
const id = (name: string) => `${group.id}${MACHINE}/${name}`
const machine = { location: 'westeurope', identity: { type: 'SystemAssigned' as const } }
const made = await resources.resources.createOrUpdateById(id('m1'), MACHINE_VERSION, {
  ...machine,
  tags: { env: 'prod' },
  properties: { clientPublicKey },
})
await resources.resources.createOrUpdateById(id('m2'), MACHINE_VERSION, machine)

const read = await hybrid.machines.get(GROUP, 'M1', { expand: 'instanceView' })

process.stdout.write(
  JSON.stringify({
    tenants: (await all(subscriptions.tenants.list())).map((tenant) => tenant.tenantId),
    subscriptions: (await all(subscriptions.subscriptions.list())).map((one) => one.displayName),
    subscription: (await subscriptions.subscriptions.get(subscriptionId)).state,
    group: [group.name, group.location, group.properties?.provisioningState],
    groupThere: (await resources.resourceGroups.checkExistence(GROUP)).body,
    groupMissing: (await resources.resourceGroups.checkExistence('missing')).body,
    groupTags: (await resources.resourceGroups.update(GROUP, { tags: { a: '1' } })).tags,
    groups: (await all(resources.resourceGroups.list({ top: 1 }))).map((one) => one.name),
    provider: (await resources.providers.get('Microsoft.HybridCompute')).registrationState,
    registered: (await resources.providers.register('Microsoft.HybridConnectivity')).registrationState,
    made: [made.name, made.type, made.identity?.type, made.properties?.clientPublicKey === clientPublicKey],
    listed: (await all(resources.resources.listByResourceGroup(GROUP))).map((one) => one.name),
    read: [read.name, read.identity?.type, read.properties?.status, read.tags],
    machines: (await all(hybrid.machines.listByResourceGroup(GROUP))).map((one) => one.name),
    allMachines: (await all(hybrid.machines.listBySubscription())).map((one) => one.name),
    badName: await refusal(resources.resources.createOrUpdateById(id('a b'), MACHINE_VERSION, machine)),
    moved: await refusal(
      resources.resources.createOrUpdateById(id('m1'), MACHINE_VERSION, { ...machine, location: 'eastus' }),
    ),
    missing: await refusal(hybrid.machines.get(GROUP, 'missing')),
    deleted: await hybrid.machines.delete(GROUP, 'm2').then(() => 'deleted'),
    deletedAgain: await hybrid.machines.delete(GROUP, 'm2').then(() => 'deleted'),
    deletedById: await resources.resources.deleteById(id('m1'), MACHINE_VERSION).then(() => 'deleted'),
    groupDeleted: await resources.resourceGroups.delete(GROUP).then(() => 'deleted'),
    gone: await refusal(hybrid.machines.get(GROUP, 'm1')),
  }),
)

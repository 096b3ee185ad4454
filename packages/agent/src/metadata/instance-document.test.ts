import { expect, test } from 'vitest'
import { FACTS } from '../../../../test/agent/instance-facts.ts'
import { VM_VERSIONS } from './document-version.ts'
import { arcInstance, vmInstance } from './instance-document.ts'
import { type Node, walk } from './node.ts'

/** `compute` of a VM in `version`. */
function compute(version: string): Record<string, Node> {
  return walk(vmInstance(FACTS, version), ['compute']) as Record<string, Node>
}

test('the document of a VM tells the facts of the machine in the newest version', () => {
  expect(compute('2025-04-07')).toMatchObject({
    azEnvironment: 'AzurePublicCloud',
    location: 'westeurope',
    name: 'web-1',
    osProfile: { computerName: 'web-1.example' },
    osType: 'Linux',
    provider: 'Microsoft.HybridCompute',
    publicKeys: [],
    resourceGroupName: 'shop',
    resourceId: FACTS.identity.resourceId,
    sku: 'Ubuntu 24.04.3 LTS',
    storageProfile: { dataDisks: [], osDisk: { osType: 'Linux' } },
    subscriptionId: '5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11',
    tags: 'cost:7;team:red',
    tagsList: [
      { name: 'cost', value: '7' },
      { name: 'team', value: 'red' },
    ],
    version: '6.8.0-31-generic',
    vmId: FACTS.vmId,
    vmSize: '',
  })
})

test.each([
  ['azEnvironment', '2018-10-01', '2018-04-02'],
  ['resourceId', '2019-03-11', '2019-02-01'],
  ['tagsList', '2019-06-04', '2019-06-01'],
  ['userData', '2021-01-01', '2020-12-01'],
  ['resourceGroupName', '2017-08-01', '2017-04-02'],
])('%s came with %s', (field, since, before) => {
  expect(compute(since)).toHaveProperty(field)
  expect(compute(before)).not.toHaveProperty(field)
})

test('the first version has the fields it came with', () => {
  const first = ['location', 'name', 'offer', 'osType', 'platformFaultDomain', 'platformUpdateDomain']
  expect(Object.keys(compute('2017-04-02'))).toEqual([
    ...first,
    'publisher',
    'sku',
    'version',
    'vmId',
    'vmSize',
  ])
})

test.each(VM_VERSIONS)('in the version %s every single value is a text', (version) => {
  const leaves: unknown[] = []
  const collect = (node: Node) =>
    typeof node === 'object' && node !== null ? Object.values(node).forEach(collect) : leaves.push(node)
  collect(vmInstance(FACTS, version))
  expect(leaves.every((leaf) => typeof leaf === 'string')).toBe(true)
})

test('the network of a VM has every card but loopback, as Azure writes it', () => {
  expect(walk(vmInstance(FACTS, '2021-02-01'), ['network'])).toEqual({
    interface: [
      {
        ipv4: {
          ipAddress: [{ privateIpAddress: '10.144.133.132', publicIpAddress: '' }],
          subnet: [{ address: '10.144.128.0', prefix: '20' }],
        },
        ipv6: { ipAddress: [{ privateIpAddress: 'fd00::4' }] },
        macAddress: '000D3AF806EC',
      },
    ],
  })
})

test('a machine of which nothing is known but its identity has empty texts, and no tags', () => {
  const { identity } = FACTS
  const bare = vmInstance({ identity, interfaces: {} }, '2021-02-01')
  for (const field of ['location', 'vmId', 'osType', 'sku', 'version', 'tags']) {
    expect(walk(bare, ['compute', field])).toBe('')
  }
  expect(walk(bare, ['compute', 'tagsList'])).toEqual([])
  expect(walk(bare, ['network', 'interface'])).toEqual([])
})

test('the document of Arc has the fields of the real one in their order, with its quirks', () => {
  const { compute, network } = arcInstance(FACTS) as { compute: Record<string, Node>; network: Node }
  expect(network).toEqual({})
  expect(Object.entries(compute)).toEqual([
    ['azEnvironment', 'AzurePublicCloud'],
    ['isHostCompatibilityLayerVm', ''],
    ['location', 'westeurope'],
    ['name', 'web-1'],
    ['offer', ''],
    ['osType', 'linux'],
    ['placementGroupId', ''],
    ['plan', { name: '', product: '', publisher: '' }],
    ['platformFaultDomain', ''],
    ['platformUpdateDomain', ''],
    ['provider', ''],
    ['publicKeys', null],
    ['publisher', ''],
    ['resourceGroupName', 'shop'],
    ['customData', ''],
    ['resourceId', FACTS.identity.resourceId],
    ['securityProfile', { secureBootEnabled: '', virtualTpmEnabled: '' }],
    ['sku', 'Ubuntu 24.04.3 LTS'],
    ['storageProfile', {}],
    ['subscriptionId', '5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11'],
    ['tags', 'cost:7;team:red'],
    [
      'tagsList',
      [
        { name: 'cost', value: '7' },
        { name: 'team', value: 'red' },
      ],
    ],
    ['version', '6.8.0-31-generic'],
    ['vmId', FACTS.vmId],
    ['vmScaleSetName', ''],
    ['vmSize', ''],
    ['zone', ''],
  ])
})

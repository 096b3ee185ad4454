/**
 * The fields of `compute` in the VM's instance document: one row each, with the version it came with.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#instance-metadata
 * @module
 */

import { type InstanceFacts, placeOf } from './machine-facts.ts'
import type { Node } from './node.ts'
import { tagList, tagText } from './tags.ts'

/** What the real service calls the public cloud. Readers compare with it and know no other name for "not a national cloud". */
export const CLOUD = 'AzurePublicCloud'

/** The version of each field, and its value. Absent values are empty texts, as Azure's are. */
type ComputeRow = readonly [since: string, value: (facts: InstanceFacts) => Node]

const EMPTY_IMAGE = { id: '', offer: '', publisher: '', sku: '', version: '' }

const OS_DISK = {
  caching: '',
  createOption: '',
  diffDiskSettings: { option: '' },
  diskSizeGB: '',
  encryptionSettings: { enabled: '' },
  image: { uri: '' },
  managedDisk: { id: '', storageAccountType: '' },
  name: '',
  osType: '',
  vhd: { uri: '' },
  writeAcceleratorEnabled: '',
}

const absent = (): string => ''

/** In the order of the real document. */
const FIELDS: Readonly<Record<string, ComputeRow>> = {
  additionalCapabilities: ['2021-11-01', () => ({ hibernationEnabled: '' })],
  azEnvironment: ['2018-10-01', () => CLOUD],
  customData: ['2019-02-01', absent],
  evictionPolicy: ['2020-12-01', absent],
  extendedLocation: ['2021-03-01', () => ({ name: '', type: '' })],
  host: ['2021-11-15', () => ({ id: '' })],
  hostGroup: ['2021-11-15', () => ({ id: '' })],
  isHostCompatibilityLayerVm: ['2020-06-01', absent],
  isVmInStandbyPool: ['2024-03-15', absent],
  licenseType: ['2020-09-01', absent],
  location: ['2017-04-02', ({ location = '' }) => location],
  name: ['2017-04-02', ({ identity }) => placeOf(identity.resourceId).name],
  offer: ['2017-04-02', absent],
  osProfile: ['2020-07-15', osProfile],
  osType: ['2017-04-02', ({ osType = '' }) => capitalized(osType)],
  physicalZone: ['2023-11-15', absent],
  placementGroupId: ['2017-08-01', absent],
  plan: ['2018-04-02', () => ({ name: '', product: '', publisher: '' })],
  platformFaultDomain: ['2017-04-02', absent],
  platformSubFaultDomain: ['2021-10-01', absent],
  platformUpdateDomain: ['2017-04-02', absent],
  priority: ['2020-12-01', absent],
  provider: ['2018-10-01', ({ identity }) => placeOf(identity.resourceId).provider],
  publicKeys: ['2018-04-02', () => []],
  publisher: ['2017-04-02', absent],
  resourceGroupName: ['2017-08-01', ({ identity }) => placeOf(identity.resourceId).resourceGroup],
  resourceId: ['2019-03-11', ({ identity }) => identity.resourceId],
  securityProfile: ['2020-06-01', securityProfile],
  sku: ['2017-04-02', ({ osSku = '' }) => osSku],
  storageProfile: ['2019-06-01', storageProfile],
  subscriptionId: ['2017-08-01', ({ identity }) => placeOf(identity.resourceId).subscriptionId],
  tags: ['2017-08-01', ({ tags }) => tagText(tags)],
  tagsList: ['2019-06-04', ({ tags }) => tagList(tags)],
  userData: ['2021-01-01', absent],
  version: ['2017-04-02', ({ osVersion = '' }) => osVersion],
  virtualMachineScaleSet: ['2021-03-01', () => ({ id: '' })],
  vmId: ['2017-04-02', ({ vmId = '' }) => vmId],
  vmScaleSetName: ['2017-12-01', absent],
  vmSize: ['2017-04-02', absent],
  zone: ['2017-12-01', absent],
}

/** `compute` as it is in `version`. */
export function computeOf(facts: InstanceFacts, version: string): Node {
  const fields = Object.entries(FIELDS).filter(([, [since]]) => since <= version)
  return Object.fromEntries(fields.map(([name, [, value]]) => [name, value(facts)]))
}

function osProfile({ machineFqdn = '' }: InstanceFacts): Node {
  return { adminUsername: '', computerName: machineFqdn, disablePasswordAuthentication: '' }
}

function securityProfile(): Node {
  return { encryptionAtHost: '', secureBootEnabled: '', securityType: '', virtualTpmEnabled: '' }
}

function storageProfile({ osType = '' }: InstanceFacts): Node {
  return {
    dataDisks: [],
    imageReference: EMPTY_IMAGE,
    osDisk: { ...OS_DISK, osType: capitalized(osType) },
    resourceDisk: { size: '' },
  }
}

/** The VM's document says "Linux" where Arc's says "linux". */
function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

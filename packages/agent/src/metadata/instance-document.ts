/**
 * The instance document: it describes the machine in the shape of an Azure VM's or of an Arc-enabled server's.
 *
 * @see docs/metadata.md#the-instance-document
 * @module
 */

import { CLOUD, computeOf } from './compute-fields.ts'
import { type InstanceFacts, placeOf } from './machine-facts.ts'
import { networkOf } from './network.ts'
import type { Node } from './node.ts'
import { tagList, tagText } from './tags.ts'

/** The document of a VM in `version`. */
export function vmInstance(facts: InstanceFacts, version: string): Node {
  return { compute: computeOf(facts, version), network: networkOf(facts.interfaces) }
}

/**
 * The document of an Arc-enabled server, the same in all its versions. The real one's quirks are kept: fields in this
 * order, mostly empty, `publicKeys` null, an empty `network`, the system's type in lower case.
 */
export function arcInstance(facts: InstanceFacts): Node {
  return { compute: arcCompute(facts), network: {} }
}

function arcCompute(facts: InstanceFacts): Node {
  const { identity, location = '', vmId = '', osType = '', osSku = '', osVersion = '', tags } = facts
  const place = placeOf(identity.resourceId)
  return {
    azEnvironment: CLOUD,
    isHostCompatibilityLayerVm: '',
    location,
    name: place.name,
    offer: '',
    osType,
    placementGroupId: '',
    plan: { name: '', product: '', publisher: '' },
    platformFaultDomain: '',
    platformUpdateDomain: '',
    provider: '',
    publicKeys: null,
    publisher: '',
    resourceGroupName: place.resourceGroup,
    customData: '',
    resourceId: identity.resourceId,
    securityProfile: { secureBootEnabled: '', virtualTpmEnabled: '' },
    sku: osSku,
    storageProfile: {},
    subscriptionId: place.subscriptionId,
    tags: tagText(tags),
    tagsList: tagList(tags),
    version: osVersion,
    vmId,
    vmScaleSetName: '',
    vmSize: '',
    zone: '',
  }
}

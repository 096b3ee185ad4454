/**
 * The properties of a machine in Resource Manager's terms: some are set by an administrator, some reported by the
 * machine. All others are not kept, as at Azure.
 *
 * @see https://learn.microsoft.com/azure/templates/microsoft.hybridcompute/machines
 * @module
 */

/** Properties by their names, as they are kept. */
export type MachineProperties = Readonly<Record<string, unknown>>

/** What an administrator may change; the rest of what can be set is set when the machine is made. */
const CHANGEABLE = [
  'agentUpgrade',
  'cloudMetadata',
  'identityKeyStore',
  'locationData',
  'osProfile',
  'parentClusterResourceId',
  'privateLinkScopeResourceId',
  'tpmEkCertificate',
] as const

const SETTABLE = [
  ...CHANGEABLE,
  'hardwareResourceId',
  'licenseProfile',
  'mssqlDiscovered',
  'osType',
  'serviceStatuses',
] as const

/** What a machine tells of itself with its registration and its heartbeats. */
const REPORTED = [
  'adFqdn',
  'agentConfiguration',
  'agentVersion',
  'cloudMetadata',
  'detectedProperties',
  'dnsFqdn',
  'domainName',
  'firmwareProfile',
  'hardwareProfile',
  'machineFqdn',
  'mssqlDiscovered',
  'networkProfile',
  'osEdition',
  'osName',
  'osProfile',
  'osSku',
  'osType',
  'osVersion',
  'serviceStatuses',
  'storageProfile',
  'vmUuid',
] as const

/** `kept` after a PUT of `sent`: what only an administrator sets and did not send is gone, the rest stays. */
export function putProperties(kept: MachineProperties, sent: MachineProperties): MachineProperties {
  return withoutNull({ ...pick(kept, REPORTED), ...pick(sent, SETTABLE) })
}

/** `kept` after a PATCH of `sent`; null takes a property away. */
export function patchProperties(kept: MachineProperties, sent: MachineProperties): MachineProperties {
  return withoutNull({ ...kept, ...pick(sent, CHANGEABLE) })
}

/** `kept` after the machine has told `sent` of itself; null takes a property away. */
export function reportProperties(kept: MachineProperties, sent: MachineProperties): MachineProperties {
  return withoutNull({ ...kept, ...pick(sent, REPORTED) })
}

function pick(properties: MachineProperties, names: readonly string[]): MachineProperties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)))
}

function withoutNull(properties: MachineProperties): MachineProperties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))
}

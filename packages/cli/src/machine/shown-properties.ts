/**
 * The properties that `landfast show` prints: one table gives each its key in JSON and its name on the screen, both as
 * `azcmagent` has them, and its source.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/azcmagent-show
 * @module
 */

import type { KnownApplication, MachineStatus } from '@landfast/agent/upstream'
import type { Identity } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { meantHint } from '../usage/similar-name.ts'
import type { HostFacts } from './host-facts.ts'

/** What is known of a connected machine. Nothing of it is secret. */
export interface KnownMachine {
  authority: string
  identity: Identity
  location?: string | undefined
  vmId?: string | undefined
  status: MachineStatus
}

/** What is known beside it. */
export interface ShownParts {
  /** Undefined if this host is not connected. */
  machine: KnownMachine | undefined
  /** The application in Entra ID that this host is; undefined if it is none, or nothing tells this user. */
  application: KnownApplication | undefined
  agentVersion: string
  /** Whether an agent runs with this state folder; undefined if this user cannot see it. */
  isAgentRunning: boolean | undefined
  host: HostFacts
  /** How the service stands, as systemd says it; undefined without systemd. */
  unit: string | undefined
  /** By which the control plane is reached. */
  proxy: string | undefined
  /** Hosts past it. */
  proxyBypass: string | undefined
}

const ARM_ID = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+)\/machines\/([^/]+)$/i

const PROPERTIES = {
  resourceName: ['Resource Name', ({ machine }) => partOf(machine, 4)],
  resourceGroup: ['Resource Group Name', ({ machine }) => partOf(machine, 2)],
  resourceNamespace: ['Resource Namespace', ({ machine }) => partOf(machine, 3)],
  resourceId: ['Resource Id', ({ machine }) => machine?.identity.resourceId],
  subscriptionId: ['Subscription ID', ({ machine }) => partOf(machine, 1)],
  tenantId: ['Tenant ID', ({ machine }) => machine?.identity.tenantId],
  principalId: ['Principal ID', ({ machine }) => machine?.identity.principalId],
  clientId: ['Client ID', ({ machine }) => machine?.identity.clientId],
  vmId: ['VM ID', ({ machine }) => machine?.vmId],
  vmUuid: ['VM UUID', ({ host }) => host.vmUuid],
  location: ['Location', ({ machine }) => machine?.location],
  cloud: ['Cloud', ({ machine }) => machine && new URL(machine.authority).origin],
  agentVersion: ['Agent Version', ({ agentVersion }) => agentVersion],
  status: ['Agent Status', ({ machine, application }) => machine?.status.status ?? standingOf(application)],
  lastHeartbeat: ['Agent Last Heartbeat', ({ machine }) => machine?.status.lastHeartbeat],
  errorCode: ['Agent Error Code', ({ machine }) => machine?.status.reason?.code],
  errorDetails: ['Agent Error Details', ({ machine }) => machine?.status.reason?.message],
  errorTimestamp: ['Agent Error Timestamp', ({ machine }) => machine?.status.reason?.at],
  certificateEnd: ['Certificate End', ({ machine }) => machine?.status.certificateEnd],
  entraTenantId: ['Entra Tenant ID', ({ application }) => application?.tenantId],
  entraClientId: ['Entra Client ID', ({ application }) => application?.clientId],
  entraObjectId: ['Entra Object ID', ({ application }) => application?.objectId],
  entraCloud: ['Entra Cloud', ({ application }) => application?.cloud],
  entraCertificateEnd: ['Entra Certificate End', ({ application }) => application?.certificateEnd],
  entraCertificateFrom: ['Entra Certificate From', ({ application }) => application?.certificateFrom],
  entraFederatedIdentity: ['Entra Federated Identity', ({ application }) => application?.federatedIdentity],
  serviceStatus: ['Agent Service Status', ({ isAgentRunning }) => serviceStatus(isAgentRunning)],
  httpsProxy: ['Using HTTPS Proxy', ({ proxy }) => proxy],
  proxyBypass: ['Proxy Bypass List', ({ proxyBypass }) => proxyBypass],
  dependentServiceStatus: ['Dependent Service Status', ({ unit }) => unit],
  logFile: ['Agent Logfile', ({ unit }) => unit && 'journalctl -u landfast-agent'],
  identityKeyStore: ['Identity Key Store', () => 'default'],
  privateLinkScope: ['Private Link Scope', () => undefined],
  manufacturer: ['Manufacturer', ({ host }) => host.manufacturer],
  model: ['Model', ({ host }) => host.model],
  osName: ['OS Name', ({ host }) => host.osName],
  osType: ['OS Type', ({ host }) => host.osType],
  osVersion: ['OS Version', ({ host }) => host.osVersion],
  osSku: ['OS SKU', ({ host }) => host.osSku],
  machineFqdn: ['Machine FQDN', ({ host }) => host.machineFqdn],
} as const satisfies Record<string, readonly [name: string, read: (parts: ShownParts) => string | undefined]>

/** Those of the operating system, which `--os` asks for. */
export const OS_PROPERTIES: readonly PropertyKey[] = ['osName', 'osType', 'osVersion', 'osSku', 'machineFqdn']

type PropertyKey = keyof typeof PROPERTIES

/** Every property by its key; those that are asked for by key or name, all without any. */
export function shownProperties(
  parts: ShownParts,
  asked: readonly string[],
): { key: string; name: string; value: string }[] {
  const keys = asked.length > 0 ? asked.map(findKey) : (Object.keys(PROPERTIES) as PropertyKey[])
  return keys.map((key) => {
    const [name, read] = PROPERTIES[key]
    return { key, name, value: read(parts) ?? '' }
  })
}

/** @throws {CliError} `argument_invalid`. */
function findKey(asked: string): PropertyKey {
  const wanted = asked.toLowerCase()
  const rows = Object.entries(PROPERTIES) as [PropertyKey, readonly [string, unknown]][]
  const found = rows.find(([key, [name]]) => [key.toLowerCase(), name.toLowerCase()].includes(wanted))
  if (found) return found[0]
  const hints = [
    meantHint(
      asked,
      rows.map(([key]) => key),
    ),
  ]
  throw new CliError('argument_invalid', { detail: `there is no property "${asked}"`, hints })
}

/** Without a control plane nobody counts heartbeats: what is known is whether there is anything to prove it by. */
function standingOf(application: KnownApplication | undefined): MachineStatus['status'] {
  if (!application) return 'Disconnected'
  const { certificateEnd } = application
  return certificateEnd !== undefined && Date.parse(certificateEnd) <= Date.now() ? 'Expired' : 'Connected'
}

/** Stopped is what is known to be so. */
function serviceStatus(isAgentRunning: boolean | undefined): string {
  if (isAgentRunning === undefined) return 'unknown'
  return isAgentRunning ? 'running' : 'stopped'
}

function partOf(machine: KnownMachine | undefined, part: number): string | undefined {
  return ARM_ID.exec(machine?.identity.resourceId ?? '')?.[part]
}

/**
 * What a machine is: its ids, its system, its certificates, and the identities that it was given.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { copyable, dueWhen, facts, happened, link, table } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { nameIn, pathOfId } from '../../inner/resource-paths.ts'

/** The body of a machine. */
// biome-ignore lint/suspicious/noExplicitAny: this is as Resource Manager writes it.
export type MachineBody = any

/** Its ids and its system. */
export function identityFacts(machine: MachineBody, clientId: string, now: Date): Html {
  const { id, identity, properties, location, systemData } = machine
  return facts([
    ['Object id', copyable(identity.principalId, 'the object id')],
    ['Client id', copyable(clientId, 'the client id')],
    ['Tenant id', copyable(identity.tenantId, 'the tenant id')],
    ['Resource id', copyable(id, 'the resource id')],
    ['VM id', copyable(properties.vmId, 'the VM id')],
    ['Location', shown(location)],
    ['Host', shown(properties.machineFqdn ?? properties.osProfile?.computerName)],
    ['Operating system', shown(properties.osSku ?? properties.osType)],
    ['Version of the system', shown(properties.osVersion)],
    ['Agent', shown(properties.agentVersion)],
    ['Status by heartbeats since', happened(properties.lastStatusChange, now)],
    ['Registered', happened(systemData.createdAt, now)],
  ])
}

/** A certificate as the API shows it. */
export interface CertificateBody {
  'x5t#S256': string
  state: string
  expiresAt: string
  createdAt: string
}

/** Its certificates. */
export function certificateTable(certificates: readonly CertificateBody[], now: Date): Html {
  return table({
    caption: 'Certificates',
    head: ['Thumbprint (x5t#S256)', 'State', 'Ends', 'Made'],
    rows: certificates.map((one) => [
      html`<code>${one['x5t#S256']}</code>`,
      one.state,
      dueWhen(one.expiresAt, now),
      happened(one.createdAt, now),
    ]),
    empty: html`<p>It has no key yet. The machine brings one when it joins.</p>`,
  })
}

/** The identities beside its own. */
export function assignedIdentities({ identity }: MachineBody): Html {
  const assigned = Object.entries(identity.userAssignedIdentities ?? {}) as [string, { clientId: string }][]
  return table({
    caption: 'User-assigned identities',
    head: ['Identity', 'Client id'],
    rows: assigned.map(([id, { clientId }]) => [
      html`<a href="${link(pathOfId(id))}">${shown(nameIn(id))}</a>`,
      copyable(clientId, `the client id of ${nameIn(id)}`),
    ]),
    empty: html`<p>It has only its own identity. To give it another, open the page of <a href="/portal/identities">that identity</a> and press “Assign”.</p>`,
  })
}

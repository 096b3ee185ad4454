/**
 * One machine: what it is, what it may do, what happened, and what can be done with it.
 *
 * @module
 */

import type { Tags } from '../../../arm/tags.ts'
import { notice, type Sentence } from '../../html/done.ts'
import { type Html, html } from '../../html/html.ts'
import { actionForm, commandLine, copyable, dueWhen, facts, happened, link, table } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { fieldsOf } from '../../html/typed-form.ts'
import { ifAllowed } from '../../inner/allowed.ts'
import {
  groupIn,
  MACHINE_PATH,
  nameIn,
  pathOfId,
  resourcePath,
  versioned,
} from '../../inner/resource-paths.ts'
import { type PageRequest, type PageRoute, page } from '../../page.ts'
import { daysBefore, fieldTime } from '../audit-span.ts'
import { auditTable, readAudit } from '../audit-table.ts'
import { ROLE_DONE, rolesOf } from '../role-table.ts'
import { caveatPart } from './machine-caveat.ts'
import { endForms } from './machine-ends.ts'
import { healthPart } from './machine-health.ts'
import { statusBadge } from './machine-status.ts'
import { tagLines } from './tag-lines.ts'
import { tagMarks } from './tag-marks.ts'

/** What the action before was, in words. */
const DONE: Readonly<Record<string, Sentence>> = {
  ...ROLE_DONE,
  disable: 'The machine gets no more tokens until you enable it.',
  enable: 'The machine gets tokens again.',
  tags: 'The tags are written.',
  'accept-restored': 'For an hour the first host that comes with a key of this machine is taken.',
}

/** The page. */
export const MACHINE: PageRoute = page(MACHINE_PATH, async (request) => {
  const { api, params, query, time } = request
  const path = resourcePath(MACHINE_PATH, params)
  const { body: machine, etag } = await api.read(versioned(path, 'machines'))
  const { principalId } = machine.identity
  const named = new URLSearchParams({ resourceId: machine.id })
  const [principal, certificates, roles, audit, caveat, acceptance] = await Promise.all([
    api.get(`/v1.0/servicePrincipals/${principalId}`),
    api.all(`/landfast/v1/machines/certificates?${named}`),
    rolesOf(request, { principalId, name: machine.name, resourceId: machine.id, path }),
    readAudit(api, { machine: machine.id, since: daysBefore(time, 7).toISOString(), $top: '50' }),
    caveatPart(machine, request),
    api.get(`/landfast/v1/machines/accept-restored?${named}`),
  ])
  return {
    title: machine.name,
    section: 'machines',
    body: html`${notice(DONE, query)}
<p><span id="standing" role="status" data-live="">${statusBadge(machine.properties)}</span> <span id="heartbeat" data-live="">last heartbeat ${happened(machine.properties.lastHeartbeat, time)}</span></p>
${caveat}
${identityFacts(machine, principal.appId, time)}
<h2>Health</h2>
${healthPart(machine.properties, time)}
<h2>Certificates</h2>
${certificateTable(certificates, time)}
<h2>Assigned identities</h2>
${assignedIdentities(machine)}
<h2>Roles</h2>
${roles}
<h2>Tags</h2>
${tagsPart({ path, machine, etag, request })}
<h2>The last seven days</h2>
${audit ? html`${auditTable(audit, time)}${trailLinks(machine.id, time)}` : html`<p>Your account may not read the audit trail.</p>`}
<h2>Disable, accept or delete it</h2>
${endForms({ ...{ path, id: machine.id, etag, request, now: time }, ...{ standing: machine.properties, acceptedUntil: acceptance.acceptedUntil } })}`,
  }
})

/** The first shows at least what the page shows. */
function trailLinks(machine: string, now: Date): Html {
  const since = (days: number) => link('/audit', { machine, from: fieldTime(daysBefore(now, days)) })
  return html`<p><a href="${since(7)}">The audit trail of this machine</a>, also of <a href="${since(30)}">30 days</a> and of
<a href="${since(90)}">90 days</a></p>`
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a machine, as Resource Manager writes it.
type MachineBody = any

function identityFacts(machine: MachineBody, clientId: string, now: Date): Html {
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

interface CertificateBody {
  'x5t#S256': string
  state: string
  expiresAt: string
  createdAt: string
}

function certificateTable(certificates: readonly CertificateBody[], now: Date): Html {
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

function assignedIdentities({ identity }: MachineBody): Html {
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

interface Forms {
  path: string
  machine: MachineBody
  etag: string | undefined
  request: PageRequest
}

function tagsPart(forms: Forms): Html {
  const tags: Tags = forms.machine.tags
  const lines = tagLines(tags)
  return html`${tagMarks(tags)}
${ifAllowed(
  forms.request.rights,
  ['changeMachine', forms.machine.id],
  html`<details${isTagsAgain(forms) && html` open`}><summary>Change the tags</summary>
${lines ? tagsForm(lines, forms) : tagsCommand(forms.machine)}</details>`,
)}`
}

function tagsForm(lines: readonly string[], { path, etag, request: { formToken, typed } }: Forms): Html {
  const to = `${path}/tags`
  return actionForm({
    ...{ to, back: path, formToken, etag, button: 'Write the tags' },
    fields: fieldsOf(to, typed).lines({
      name: 'tags',
      label: 'One a line, as NAME=VALUE',
      usual: lines.join('\n'),
      more: html` rows="${Math.max(4, lines.length + 1)}"`,
    }),
  })
}

function isTagsAgain({ path, request: { typed } }: Forms): boolean {
  return fieldsOf(`${path}/tags`, typed).isAgain
}

/** A form would change tags that nobody has touched. */
function tagsCommand({ id, name }: MachineBody): Html {
  return html`<p>One of these tags has “=” or a space in its name where a line NAME=VALUE cannot have it, or a line break, so a form here would
change it. This command changes only the tags that it names:</p>
${commandLine(`landfast machine tag --resource-group '${groupIn(id)}' --remove OTHER -- ${name} NAME=VALUE`, 'the command')}`
}

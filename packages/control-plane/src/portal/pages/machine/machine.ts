/**
 * One machine: what it is, what it may do, what happened, and what can be done with it.
 *
 * @module
 */

import { notice, type Sentence } from '../../html/done.ts'
import { type Html, html } from '../../html/html.ts'
import { happened, link, livePart } from '../../html/parts.ts'
import { MACHINE_PATH, resourcePath, versioned } from '../../inner/resource-paths.ts'
import { type PageAnswer, type PageRequest, type PageRoute, page } from '../../page.ts'
import { daysBefore, since } from '../audit-span.ts'
import { type AuditBody, auditTable, readAudit } from '../audit-table.ts'
import { orMissing, soughtMachine } from '../find/missing.ts'
import { ROLE_DONE, rolesOf } from '../role-table.ts'
import { caveatOf } from './machine-caveat.ts'
import { endForms } from './machine-ends.ts'
import { assignedIdentities, certificateTable, identityFacts } from './machine-facts.ts'
import { healthPart } from './machine-health.ts'
import { statusBadge } from './machine-status.ts'
import { tagParts } from './machine-tags.ts'

/** What the action before was, in words that stay true after the next one, which may be another person's. */
const DONE: Readonly<Record<string, Sentence>> = {
  ...ROLE_DONE,
  disable: 'You disabled the machine: it gets no more tokens until it is enabled.',
  enable: 'You enabled the machine: it gets tokens again.',
  tags: 'You wrote the tags.',
  'accept-restored': 'You accepted the machine as restored.',
}

/** The page. */
export const MACHINE: PageRoute = page(MACHINE_PATH, (request) =>
  orMissing(request.api, soughtMachine(request.params), machinePage(request)),
)

async function machinePage(request: PageRequest): Promise<PageAnswer> {
  const { api, params, query, time } = request
  const path = resourcePath(MACHINE_PATH, params)
  const { body: machine, etag } = await api.read(versioned(path, 'machines'))
  const { principalId } = machine.identity
  const named = new URLSearchParams({ resourceId: machine.id })
  const [principal, certificates, roles, audit, { acceptedUntil }] = await Promise.all([
    api.get(`/v1.0/servicePrincipals/${principalId}`),
    api.all(`/landfast/v1/machines/certificates?${named}`),
    rolesOf(request, { principalId, name: machine.name, resourceId: machine.id, path }),
    readAudit(api, { machine: machine.id, since: daysBefore(time, 7).toISOString(), $top: '50' }),
    api.get(`/landfast/v1/machines/accept-restored?${named}`),
  ])
  const caveat = await caveatOf(
    machine,
    { certificates, acceptedUntil, mayReadTrail: audit !== undefined },
    request,
  )
  const health = await healthPart({ machine, isRefused: caveat.isRefused, request })
  return {
    title: machine.name,
    section: 'machines',
    body: html`${notice(DONE, query)}
<p><span id="standing" role="status" data-live="">${statusBadge(machine.properties)}</span> <span id="heartbeat" data-live="">last heartbeat ${happened(machine.properties.lastHeartbeat, time)}</span></p>
${caveat.part}
${livePart('facts', identityFacts(machine, principal.appId, time))}
<h2>Health</h2>
${health}
<h2>Certificates</h2>
${livePart('certificates', certificateTable(certificates, time))}
<h2>Assigned identities</h2>
${livePart('identities', assignedIdentities(machine))}
<h2>Roles</h2>
${livePart('roles', roles)}
<h2>Tags</h2>
${tagParts({ path, machine, etag, request })}
<h2>The last seven days</h2>
${livePart('trail', trailOf(machine.id, audit, time))}
<h2>Disable, accept or delete it</h2>
${endForms({ ...{ path, id: machine.id, etag, request, now: time }, ...{ standing: machine.properties, acceptedUntil } })}`,
  }
}

function trailOf(machine: string, audit: readonly AuditBody[] | undefined, now: Date): Html {
  if (!audit) return html`<p>Your account may not read the audit trail.</p>`
  return html`${auditTable(audit, now)}${trailLinks(machine, now)}`
}

/** The first shows at least what the page shows. */
function trailLinks(machine: string, now: Date): Html {
  const trail = (days: number) => link('/audit', { machine, ...since(now, -days) })
  return html`<p><a href="${trail(7)}">The audit trail of this machine</a>, also of <a href="${trail(30)}">30 days</a> and of
<a href="${trail(90)}">90 days</a></p>`
}

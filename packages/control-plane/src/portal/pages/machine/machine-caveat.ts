/**
 * What a person must know of a machine before anything else: that it is disabled, or that its heartbeats do not come.
 *
 * @module
 */

import { HEARTBEAT_SECONDS } from '@landfast/protocol'
import { type Html, html } from '../../html/html.ts'
import { dayTime, exactTime, link } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import { fieldTime } from '../audit-span.ts'
import { type AuditBody, readAudit } from '../audit-table.ts'
import { isDisabled, type Standing } from './machine-status.ts'
import { missedHeartbeat } from './missed-heartbeat.ts'

/** A machine, as far as this is about it. */
interface Caveated {
  id: string
  properties: Standing & { lastHeartbeat?: string }
}

/** The part of the page. Its times stand still, since it is read out when it changes. */
export async function caveatPart(machine: Caveated, { api, time }: Asked): Promise<Html> {
  const notice = isDisabled(machine.properties)
    ? disabledNotice(machine.id, await lastDisabling(api, machine.id))
    : silenceNotice(machine.properties.lastHeartbeat, time)
  return html`<div id="caveat" role="status" data-live="">${notice}</div>`
}

interface Asked {
  api: PortalApi
  time: Date
}

/** Undefined for who may not read the trail, and where the trail goes back less far. */
async function lastDisabling(api: PortalApi, machine: string): Promise<AuditBody | undefined> {
  const search = { machine, action: 'disable-machine', outcome: 'done', $top: '1' }
  const entries = await readAudit(api, { ...search, since: new Date(0).toISOString() })
  return entries?.[0]
}

function disabledNotice(machine: string, entry: AuditBody | undefined): Html {
  return html`<div class="notice bad"><p><strong>Disabled: this machine gets no tokens until it is enabled.</strong></p>
${entry && html`<p>Since ${exactTime(entry.time)}, by ${shown(entry.clientName ?? entry.clientId)}: <a href="${entryLink(machine, entry)}">the entry of the audit trail</a></p>`}
<p>Its heartbeats are refused meanwhile.</p></div>`
}

function entryLink(machine: string, { action, time }: AuditBody): string {
  return link('/audit', { machine, action, from: fieldTime(new Date(time)) })
}

function silenceNotice(lastHeartbeat: string | undefined, now: Date): Html | false {
  const missed = missedHeartbeat(lastHeartbeat, now)
  return (
    missed !== undefined &&
    html`<div class="notice bad"><p><strong>The heartbeat of ${dayTime(missed, now)} did not come: one is due every ${HEARTBEAT_SECONDS / 60} minutes.</strong></p>
<p>On the server, <code>systemctl status landfast-agent</code> says whether the agent runs, and <code>sudo landfast check</code> what is in its way to the control plane.</p></div>`
  )
}

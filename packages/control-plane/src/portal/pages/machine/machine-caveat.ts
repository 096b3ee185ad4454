/**
 * What a person must know of a machine before anything else: that it is disabled, that its certificate has ended, that its heartbeats
 * are refused or do not come, or that it may come back as restored.
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
import { certificateEnd, expiryNotice, recoveryDaysOf } from './expiry-notice.ts'
import type { CertificateBody } from './machine-facts.ts'
import { isDisabled, type Standing } from './machine-status.ts'
import { missedHeartbeat } from './missed-heartbeat.ts'
import { refusalNotice } from './refusal-notice.ts'
import { type RefusedHeartbeats, refusedHeartbeats } from './refused-heartbeats.ts'

/** A machine, as far as this is about it. */
interface Caveated {
  id: string
  name: string
  properties: Standing & { lastHeartbeat?: string }
}

/** What more is known of it. */
export interface KnownOfMachine {
  certificates: readonly CertificateBody[]
  /** Whether the visitor may read the audit trail, which has the refused heartbeats. */
  mayReadTrail: boolean
  /** Until when it is accepted as restored. */
  acceptedUntil: string | undefined
}

interface Asked {
  api: PortalApi
  time: Date
}

/** What must be known. */
export interface Caveat {
  /** The part of the page. Its times stand still, since it is read out when it changes. */
  part: Html
  /** Whether its heartbeats are refused, so that what its agent said last is old. */
  isRefused: boolean
}

/** Of a machine. */
export async function caveatOf(machine: Caveated, known: KnownOfMachine, asked: Asked): Promise<Caveat> {
  const { api, time } = asked
  const end = certificateEnd(known.certificates, time)
  if (isDisabled(machine.properties))
    return asCaveat(disabledNotice(machine.id, await lastDisabling(api, machine.id)))
  if (end) {
    const recoveryDays = await recoveryDaysOf(api)
    return asCaveat(expiryNotice({ ...machine, ...known, end, recoveryDays, now: time }))
  }
  const refused = await refusedHeartbeats(machine, asked)
  if (refused && !isForgiven(refused)) {
    const isRefused = refused.isGoingOn && !refused.isBeside
    return asCaveat(refusalNotice({ ...machine, ...known, refused, now: time }), isRefused)
  }
  if (known.acceptedUntil !== undefined) return asCaveat(acceptedNotice(known.acceptedUntil, time))
  if (refused?.isGoingOn) return asCaveat(false)
  return asCaveat(silenceNotice(machine.properties.lastHeartbeat, known, time))
}

function asCaveat(notice: Html | false, isRefused = false): Caveat {
  return { part: html`<div id="caveat" role="status" data-live="">${notice}</div>`, isRefused }
}

/** Codes of what is over: the machine was enabled since, or is told to come back at once. */
const FORGIVEN: ReadonlySet<string> = new Set(['MachineDisabled', 'RestoredAccepted', 'CertificateExpired'])

function isForgiven({ last: { code = '' } }: RefusedHeartbeats): boolean {
  return FORGIVEN.has(code)
}

function acceptedNotice(until: string, now: Date): Html {
  return html`<div class="notice"><p>Accepted as restored: until ${dayTime(new Date(until), now)} the first host that comes with a key of this machine is taken.</p></div>`
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

function silenceNotice(
  lastHeartbeat: string | undefined,
  { mayReadTrail }: Pick<KnownOfMachine, 'mayReadTrail'>,
  now: Date,
): Html | false {
  const missed = missedHeartbeat(lastHeartbeat, now)
  return (
    missed !== undefined &&
    html`<div class="notice bad"><p><strong>The heartbeat of ${dayTime(missed, now)} did not come: one is due every ${HEARTBEAT_SECONDS / 60} minutes.</strong></p>
<p>On the server, <code>systemctl status landfast-agent</code> says whether the agent runs, and <code>sudo landfast check</code> what is in its way to the control plane.</p>
${!mayReadTrail && html`<p>It may also have come and been refused: the audit trail would say that, and your account may not read it.</p>`}</div>`
  )
}

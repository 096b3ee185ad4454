/**
 * What the page of a machine says at its top of heartbeats that are refused: since when, why, and what brings the machine back. The
 * sentences of the codes are for the host that was refused; these are for who looks at the machine.
 *
 * @see docs/onboarding.md#clones
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { dayTime, link } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { fieldTime } from '../audit-span.ts'
import type { AuditBody } from '../audit-table.ts'
import { readCode } from '../code-meaning.ts'
import type { RefusedHeartbeats } from './refused-heartbeats.ts'

/** What the notice is about. */
export interface RefusedMachine {
  /** Its ARM id. */
  id: string
  name: string
  refused: RefusedHeartbeats
  /** Until when it is accepted as restored. */
  acceptedUntil: string | undefined
  now: Date
}

/** The code of a heartbeat that does not go on from the last one that was taken, or is of a key that was replaced. */
const CLONED = 'MachineCloned'

/** Its times stand still while heartbeats come and are refused, since it is read out when it changes. */
export function refusalNotice(machine: RefusedMachine): Html {
  const { refused, now } = machine
  const { first, last, isGoingOn, isBeside } = refused
  const [from, to] = [first, last].map(({ time }) => dayTime(new Date(time), now))
  const what = !isGoingOn
    ? html`Its heartbeats were refused from ${from} to ${to}, and none has come since`
    : isBeside
      ? html`Two hosts ask as this machine, and the heartbeats of one of them are refused`
      : html`Its heartbeats are refused since ${from}`
  return html`<div class="notice bad"><p><strong>${what}: ${reasonOf(refused)}.</strong> ${entriesLink(machine)}</p>
${last.code === CLONED && cures(machine)}
${!isGoingOn && html`<p>On the server, <code>systemctl status landfast-agent</code> says whether the agent runs.</p>`}</div>`
}

function reasonOf({ last, rekeying }: RefusedHeartbeats): Html {
  const { code = '' } = last
  if (code !== CLONED) return html`${readCode(code)?.meaning ?? shown(code)}`
  if (rekeying) return html`they are of a former key of the machine, or of an older state`
  return html`they do not go on from the last one that was taken`
}

function entriesLink({ id, refused: { first, last } }: RefusedMachine): Html {
  const { action, code } = last
  const from = fieldTime(new Date(first.time))
  return html`<a href="${link('/audit', { machine: id, action, outcome: 'refused', code, from })}">The entries of the audit trail</a>`
}

function cures(machine: RefusedMachine): Html {
  const { refused, acceptedUntil, now } = machine
  const accept =
    acceptedUntil === undefined
      ? html`stop every other host that has its state, then <a href="#accept-restored">accept it as restored</a>`
      : html`it is accepted as restored until ${dayTime(new Date(acceptedUntil), now)}, and comes back within a minute`
  return html`${refused.rekeying && rekeyedSentence(refused.rekeying, machine)}
<ul><li>If the server was put back to a snapshot or a backup: ${accept}.</li>
<li>If another host has a copy of its state: run <code>sudo landfast disconnect --force-local-only</code> on the copy, and <code>landfast connect</code> there with another name.</li></ul>`
}

/** A former key is no cure's: not even an administrator's word brings it back. */
function rekeyedSentence({ action, time }: AuditBody, { name, now }: RefusedMachine): Html {
  const how = action === 'replace-machine' ? 'by a join token' : 'when it came back as restored'
  return html`<p>The machine got another key at ${dayTime(new Date(time), now)}, ${how}, and every former one is refused for ever. If the host that is refused is the one that should be this machine,
run <code>landfast join-token create --replace ${shown(name)}</code>, and the line that it prints on that host.</p>`
}

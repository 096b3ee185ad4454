/**
 * What the page of a machine says at its top of a certificate that has ended, and what brings the machine back.
 *
 * @see docs/onboarding.md#renewal
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { dayTime } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { unlessForbidden } from '../../inner/api-refusal.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import type { CertificateBody } from './machine-facts.ts'

const DAY_MILLISECONDS = 86_400_000

/** When the certificate of the machine ended; undefined while one of its keys has a good one, and where it has no key. */
export function certificateEnd(certificates: readonly CertificateBody[], now: Date): Date | undefined {
  const ends = certificates
    .filter(({ state }) => state !== 'retired')
    .map(({ expiresAt }) => Date.parse(expiresAt))
  const last = Math.max(...ends)
  return ends.length > 0 && last <= now.getTime() ? new Date(last) : undefined
}

/** How long after that a machine comes back by itself; undefined for who may not see the settings. */
export async function recoveryDaysOf(api: PortalApi): Promise<number | undefined> {
  return (await api.get('/landfast/v1/settings').catch(unlessForbidden))?.recoveryDays
}

/** What the notice is about. */
export interface ExpiredMachine {
  name: string
  end: Date
  recoveryDays: number | undefined
  /** Until when it is accepted as restored. */
  acceptedUntil: string | undefined
  now: Date
}

/** The notice. */
export function expiryNotice(machine: ExpiredMachine): Html {
  const { end, now } = machine
  return html`<div class="notice bad"><p><strong>Its certificate ended at ${dayTime(end, now)}: it gets no tokens until it has another one.</strong></p>
${wayBack(machine)}</div>`
}

function wayBack({ name, end, recoveryDays, acceptedUntil, now }: ExpiredMachine): Html {
  if (acceptedUntil !== undefined) return byItself(dayTime(new Date(acceptedUntil), now))
  const last =
    recoveryDays === undefined ? undefined : new Date(end.getTime() + recoveryDays * DAY_MILLISECONDS)
  if (last && last <= now)
    return html`<p>It was away for longer than it may come back by itself (<code>recovery-days</code>, ${recoveryDays}). To bring it back, ${helped(name)}</p>`
  return html`${byItself(last ? dayTime(last, now) : html`the end of <code>recovery-days</code> after that`)}
<p>After that, ${helped(name)}</p>`
}

function byItself(until: Html): Html {
  return html`<p>It comes back by itself until ${until}, as soon as its agent reaches the control plane. On the server, <code>systemctl status landfast-agent</code> says whether the agent runs, and <code>sudo landfast check</code> what is in its way.</p>`
}

function helped(name: string): Html {
  return html`<a href="#accept-restored">accept it as restored</a>, or, if its state is lost, run <code>landfast join-token create --replace ${shown(name)}</code> and the line that it prints on the server.`
}

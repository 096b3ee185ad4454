/**
 * The forms that end the access of a machine, give it back, and delete the machine. Each is a part that the script keeps as it is at the
 * control plane, so that no button undoes what somebody else has just done; without script the ETag in the form does.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { actionForm, dayTime, field } from '../../html/parts.ts'
import { isDisabled, type Standing } from './machine-status.ts'

/** What the forms are about. */
export interface EndingMachine {
  /** Of its page. */
  path: string
  standing: Standing
  etag: string | undefined
  formToken: string
  /** Until when it is accepted as restored. */
  acceptedUntil: string | undefined
  now: Date
}

/** The forms. */
export function endForms(machine: EndingMachine): Html {
  return html`<div class="actions">
${stateForm(machine)}
${acceptForm(machine)}
${deleteForm(machine)}
</div>`
}

function stateForm({ path, standing, etag, formToken }: EndingMachine): Html {
  const common = { back: path, formToken, etag }
  if (isDisabled(standing))
    return html`<section id="state" data-live=""><h3>Enable</h3>
<p>It gets tokens again.</p>
${actionForm({ ...common, to: `${path}/enable`, button: 'Enable' })}</section>`
  return html`<section id="state" data-live=""><h3>Disable</h3>
<p>It gets no more tokens until it is enabled. Tokens that it has stay good until they expire.</p>
${actionForm({ ...common, to: `${path}/disable`, button: 'Disable', danger: true })}</section>`
}

function acceptForm({ path, etag, formToken, acceptedUntil, now }: EndingMachine): Html {
  return html`<section id="accept-restored" data-live=""><h3>Accept as restored</h3>
${acceptedUntil !== undefined && html`<p><span class="badge waiting">Open until ${dayTime(new Date(acceptedUntil), now)}</span> The first host that comes with a key of this machine is taken.</p>`}
<p>Only for a machine that was put back to a snapshot or a backup. First stop every other host that has its state. Then, for an hour, the first host that comes with one of its keys is taken, and every former key is refused for ever.</p>
${actionForm({ to: `${path}/accept-restored`, back: path, formToken, etag, button: 'Accept', plain: true })}</section>`
}

function deleteForm({ path, etag, formToken }: EndingMachine): Html {
  return html`<section id="delete" data-live=""><h3>Delete</h3>
<p>For ever: its keys are refused, and its object id never comes back.</p>
${actionForm({
  ...{ to: `${path}/delete`, back: path, formToken, etag, button: 'Delete', danger: true },
  fields: field(
    'Type its name to delete it',
    html`<input name="name" required autocomplete="off" spellcheck="false">`,
  ),
})}</section>`
}

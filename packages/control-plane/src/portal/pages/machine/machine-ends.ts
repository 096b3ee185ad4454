/**
 * The forms that end the access of a machine, give it back, and delete the machine. Each is a part that the script keeps as it is at the
 * control plane, so that no button undoes what somebody else has just done; without script the ETag in the form does.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { actionForm, dayTime } from '../../html/parts.ts'
import { ifAllowed } from '../../inner/allowed.ts'
import type { PageRequest } from '../../page.ts'
import { nameField } from '../typed-name.ts'
import { isDisabled, type Standing } from './machine-status.ts'

/** What the forms are about. */
export interface EndingMachine {
  /** Of its page. */
  path: string
  /** Its ARM id. */
  id: string
  standing: Standing
  etag: string | undefined
  request: Pick<PageRequest, 'rights' | 'formToken' | 'typed'>
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

function stateForm(machine: EndingMachine): Html {
  if (isDisabled(machine.standing))
    return html`<section id="state" data-live=""><h3>Enable</h3>
<p>It gets tokens again.</p>
${endForm(machine, 'enable', { button: 'Enable' })}</section>`
  return html`<section id="state" data-live=""><h3>Disable</h3>
<p>It gets no more tokens until it is enabled. Tokens that it has stay good until they expire.</p>
${endForm(machine, 'disable', { button: 'Disable', danger: true })}</section>`
}

function acceptForm(machine: EndingMachine): Html {
  const { acceptedUntil, now } = machine
  return html`<section id="accept-restored" data-live=""><h3>Accept as restored</h3>
${acceptedUntil !== undefined && html`<p><span class="badge waiting">Open until ${dayTime(new Date(acceptedUntil), now)}</span> The first host that comes with a key of this machine is taken.</p>`}
<p>Only for a machine that was put back to a snapshot or a backup. First stop every other host that has its state. Then, for an hour, the first host that comes with one of its keys is taken, and every former key is refused for ever.</p>
${endForm(machine, 'accept-restored', { button: 'Accept', plain: true })}</section>`
}

function deleteForm(machine: EndingMachine): Html {
  const fields = nameField(`${machine.path}/delete`, machine.request.typed)
  return html`<section id="delete" data-live=""><h3>Delete</h3>
<p>For ever: its keys are refused, and its object id never comes back.</p>
${endForm(machine, 'delete', { button: 'Delete', danger: true, fields })}</section>`
}

function endForm(
  { path, id, etag, request }: EndingMachine,
  verb: string,
  parts: { button: string; danger?: true; plain?: true; fields?: Html },
): Html {
  const { rights, formToken } = request
  return ifAllowed(
    rights,
    ['endMachine', id],
    actionForm({ to: `${path}/${verb}`, back: path, formToken, etag, ...parts }),
  )
}

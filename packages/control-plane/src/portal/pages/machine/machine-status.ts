/**
 * The status of a machine as pages show it: words, and colours that only repeat them.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'

/** The part of a machine that says it. */
export interface Standing {
  status: string
  statusReason?: string
}

/** By the word that Resource Manager has. */
const STATUS: Readonly<Record<string, readonly [tone: string, label: string]>> = {
  Connected: ['good', 'Connected'],
  Disconnected: ['bad', 'Disconnected'],
  Expired: ['bad', 'Expired'],
  AwaitingConnection: ['waiting', 'Awaiting connection'],
}

/** Every status with its label: each machine has one of them, also one that is disabled. */
export const STATUSES: readonly (readonly [value: string, label: string])[] = Object.entries(STATUS).map(
  ([value, [, label]]) => [value, label],
)

/** Stands beside the statuses in the address of a list: a part of the agent fails, whatever the status is. */
export const FAILING = 'Failing'

/** Stands there too: an administrator has disabled the machine, whatever its status is. */
export const DISABLED = 'Disabled'

/** Whether an administrator has disabled it. */
export function isDisabled({ statusReason }: Standing): boolean {
  return statusReason === DISABLED
}

/** The status as a page shows it; what an administrator has decided stands before what the machine does. */
export function statusBadge(standing: Standing): Html {
  const { status } = standing
  const [tone, label] = STATUS[status] ?? ['off', status]
  return html`${isDisabled(standing) && html`<span class="badge bad">Disabled: no tokens</span> `}<span class="badge ${tone}">${label}</span>`
}

/**
 * The status of a machine as pages show it: a word, and a colour that only repeats it.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'

/** The part of a machine that says it. */
interface Standing {
  status: string
  statusReason?: string
}

/** By the word that Resource Manager has. */
const STATUS: Readonly<Record<string, readonly [tone: string, label: string]>> = {
  Connected: ['good', 'Connected'],
  Disconnected: ['bad', 'Disconnected'],
  Expired: ['bad', 'Expired'],
  AwaitingConnection: ['waiting', 'Awaiting connection'],
  Disabled: ['off', 'Disabled'],
}

/** Every status with its label. */
export const STATUSES: readonly (readonly [value: string, label: string])[] = Object.entries(STATUS).map(
  ([value, [, label]]) => [value, label],
)

/** Stands beside the statuses in the address of a list: a part of the agent fails, whatever the status is. */
export const FAILING = 'Failing'

/** The one word of a machine: an administrator's counts before what the machine does. */
export function statusOf({ status, statusReason }: Standing): string {
  return statusReason === 'Disabled' ? 'Disabled' : status
}

/** It as a page shows it. */
export function statusBadge(standing: Standing): Html {
  const word = statusOf(standing)
  const [tone, label] = STATUS[word] ?? ['off', word]
  return html`<span class="badge ${tone}">${label}</span>`
}

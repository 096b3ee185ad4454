/**
 * How the parts of a machine's agent stand, and what to do about those that fail. A machine chose the words, so that they are
 * shown as its text; the sentences are ours.
 *
 * @see docs/onboarding.md#health
 * @module
 */

import type { PartHealth } from '@landfast/protocol'
import { type Html, html } from '../../html/html.ts'
import { happened, livePart, table } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import type { PageRequest } from '../../page.ts'
import type { MachineBody } from './machine-facts.ts'
import { isDisabled, type Standing } from './machine-status.ts'
import { missedHeartbeat } from './missed-heartbeat.ts'
import {
  assignLinks,
  identityIn,
  identityLinks,
  type ToldIdentities,
  toldIdentities,
} from './told-identities.ts'

/** A machine as Resource Manager shows it, as far as it says this. */
interface HealthBody extends Standing {
  lastHeartbeat?: string
  /** Whether its heartbeats are refused. */
  isRefused: boolean
  landfastHealth?: { reportedAt: string; parts: readonly PartHealth[] }
}

/** What a person calls the parts of each kind, and what that person does when one fails. */
const KINDS: Readonly<Record<string, readonly [label: string, advice: string]>> = {
  'audit-log': [
    'Audit log',
    'Tokens are served, and their lines are lost. Free space on the disk of the host, or let the user of the agent write there.',
  ],
  'key-folder': [
    'Key folder',
    'Applications get no token in the Arc style. See that the folder belongs to the user of the agent and that its disk has room.',
  ],
  endpoint: [
    'Endpoint',
    'Start what brings the address of “workload-listen”, or stop the program that has its port. The agent tries again by itself.',
  ],
  certificate: [
    'Certificate',
    'The agent tries again by itself. If the control plane has refused it, the entries below say why.',
  ],
  clock: ['Clock', 'Set the clock of the host: timedatectl set-ntp true.'],
  policy: [
    'Policy file',
    'The policy before it stays in force. Run “landfast policy test” on the host; it names the line.',
  ],
  'token-file': ['Token file', 'Run “landfast check” on the host.'],
  token: [
    'Token',
    'See whether the audience is spelled as its service has it, and whether this identity may have a token for it.',
  ],
  identity: [
    'Identity',
    'A program asks for this identity, and the machine does not have it. Assign it to the machine, or let the program name another one or none (AZURE_CLIENT_ID). The log of the agent names the program.',
  ],
}

/** The code of an identity that the machine does not have. */
const NOT_FOUND = 'identity_not_found'

const UNKNOWN_ADVICE = 'Run “landfast check” on the host.'

/** The health of a machine, and what is known besides. */
export interface LookedAtHealth {
  machine: MachineBody
  /** Whether its heartbeats are refused. */
  isRefused: boolean
  request: Pick<PageRequest, 'api' | 'rights' | 'time'>
}

/** The part of the page. */
export async function healthPart({ machine, isRefused, request }: LookedAtHealth): Promise<Html> {
  const { properties } = machine
  const identities = await toldIdentities(request.api, properties.landfastHealth?.parts ?? [])
  const body = healthTable({ ...properties, isRefused }, { machine, identities, request })
  return livePart('health', body)
}

/** What a row needs beside its part. */
interface RowParts {
  machine: MachineBody
  identities: ToldIdentities
  request: Pick<PageRequest, 'rights' | 'time'>
}

function healthTable(health: HealthBody, rowParts: RowParts): Html {
  const { landfastHealth } = health
  const parts = landfastHealth?.parts ?? []
  const failing = parts.filter(({ ok }) => !ok)
  return html`${landfastHealth && summary(failing.length, parts.length, ageOf(health, rowParts.request.time))}
${table({
  caption: 'Health of each part, as the agent says',
  head: ['Part', 'State', 'Since', 'What to do'],
  rows: [...failing, ...parts.filter(({ ok }) => ok)].map((one) => rowOf(one, rowParts)),
  empty: html`<p>The agent of this machine tells nothing of its parts: it has not run yet, or it is of an older version.</p>`,
})}`
}

/** Why what the agent said last may not be so any more; undefined while it is new. */
function ageOf(machine: HealthBody, now: Date): Html | undefined {
  const why = whyOld(machine, now)
  if (why === undefined) return undefined
  const { lastHeartbeat } = machine
  const at = lastHeartbeat === undefined ? '' : html`, ${happened(lastHeartbeat, now)}`
  return html`<p>${why}: this is how it was at its last heartbeat${at}.</p>`
}

function whyOld(machine: HealthBody, now: Date): string | undefined {
  if (isDisabled(machine)) return 'The machine is disabled'
  if (machine.isRefused) return 'The heartbeats of the machine are refused'
  if (machine.status !== 'Connected') return 'The machine is not connected'
  return missedHeartbeat(machine.lastHeartbeat, now) && 'The machine is silent'
}

function summary(failing: number, all: number, age: Html | undefined): Html {
  const says = age ? 'said' : 'says'
  if (failing === 0) return html`${age}<p>The agent ${says} that all ${age ? 'was' : 'is'} well.</p>`
  const fails = age ? 'failed' : failing === 1 ? 'fails' : 'fail'
  return html`${age}<p><strong>The agent ${says} that ${failing} of ${all} parts ${fails}.</strong></p>`
}

function rowOf({ part, ok, code, since }: PartHealth, { machine, identities, request }: RowParts) {
  const [kind = '', ...words] = part.split(' ')
  const [label, advice] = Object.hasOwn(KINDS, kind) ? (KINDS[kind] ?? []) : []
  const ids = identities.get(identityIn(part) ?? '') ?? []
  const named = ok ? false : identityLinks(ids)
  return [
    html`${label ?? shown(kind)}${words.map((word) => html` ${shown(word)}`)}${named && html` (${named})`}`,
    ok
      ? html`<span class="badge good">Good</span>`
      : html`<span class="badge bad">Failing</span> ${code !== undefined && html`<code>${shown(code)}</code>`}`,
    happened(since, request.time),
    ok
      ? ''
      : html`${advice ?? UNKNOWN_ADVICE} ${code === NOT_FOUND && assignLinks(ids, machine, request)} ${code !== undefined && html`<span class="small">The code is in docs/errors.md.</span>`}`,
  ]
}

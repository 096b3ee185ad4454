/**
 * `docs/faults.md`, made from a run.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'
import { withoutPlaces } from '../comparable.ts'
import type { FaultCell } from './fault-cell.ts'
import { PARTS, type Part } from './trials.ts'

const HEAD = `# What clients do when the identity service fails

Each official client, unmodified and with its own settings, asked once for a token at an [emulator](emulator.md) that had one fault.
\`npm run conformance -- --faults\` makes this page. Azure's own documentation has no such table.

A cell says how it ended, after how many requests for a token and how many seconds. *Token* after a fault that returns a token of its own
kind means that the client took it. *Waiting* means that it had not given up after 120 seconds. *Broken* means that the trial failed and
tells nothing of the client. Requests for a challenge are not counted.

The style is the service that the emulator answers as, and it makes a difference: some clients try again after 404 or 410 on a virtual
machine alone. A program on a virtual machine does what the rows of that style say.

| style | service | where clients find it |
|---|---|---|
| \`app-service\` | App Service, Functions, Container Apps | by \`IDENTITY_ENDPOINT\` and \`IDENTITY_HEADER\` |
| \`vm\` | a virtual machine's instance metadata service (IMDS) | at 169.254.169.254 |
| \`arc\` | the agent of an Arc-enabled server | by \`IDENTITY_ENDPOINT\` and \`IMDS_ENDPOINT\` |

Each client is asked by its own credential for managed identities (\`ManagedIdentityCredential\`, or MSAL's client for managed identities),
not by a chain, which may do otherwise. In C++ it is asked by the \`DefaultAzureCredential\` that Arrow makes, whose
only member is \`ManagedIdentityCredential\` by \`AZURE_TOKEN_CREDENTIALS\`.

Clients run without the right of root to read every file. So \`key-file-unreadable\` is a file of mode 000, and they get "permission denied".
\`key-group-lost\` is a program that lost the group of the key files: it does not even reach them in their folder. The error is the same
(\`EACCES\`), but clients that look at a file before they open it fail at another place.`

const TITLES: Readonly<Record<Part, string>> = {
  once: 'One request fails, the next would be answered',
  always: 'Every request fails',
  scenario: 'Scenarios',
  identity: 'A user-assigned identity comes and goes',
}

const ASKED_ALONE =
  'By the credential for managed identities; in C++ by `DefaultAzureCredential` with that one alone.'

/** By which credential each part is asked, and what else is to be known of it. */
const CREDENTIALS: Readonly<Record<Part, string>> = {
  once: ASKED_ALONE,
  always: ASKED_ALONE,
  scenario: `${ASKED_ALONE} [What each scenario is](emulator.md#scenarios), and where it was reported.`,
  identity:
    'By the credential for managed identities, in C++ too, with the client id of the identity. A program that still runs keeps the token that it has. `-`: the client has no option for it.',
}

/** A client that asks more often has no pause between its requests. */
const REQUESTS_A_SECOND = 20

/** The page for `cells`. */
export function formatFaultPage(
  cells: readonly FaultCell[],
  { date, node }: { date: Date; node: string },
): string {
  const day = date.toISOString().slice(0, 10)
  const parts = [
    HEAD,
    `Run on ${day} under Linux, the emulator on Node.js ${node.slice(1)}. Connections are refused for two seconds in the first table, for ten minutes in the second.`,
    ...PARTS.filter((part) => cells.some((cell) => cell.part === part)).map((part) =>
      formatPart(cells, part),
    ),
    formatMessages(cells),
  ]
  return `${parts.join('\n\n')}\n`
}

function formatPart(cells: readonly FaultCell[], part: Part): string {
  const notes = cells.filter((cell) => cell.part === part && isWithoutPause(cell)).map(formatHaste)
  return [`## ${TITLES[part]}`, CREDENTIALS[part], formatTable(cells, part), ...notes].join('\n\n')
}

/** The table of one part: a line for what was met in each style, a column a client. */
export function formatTable(cells: readonly FaultCell[], part: Part): string {
  const shown = cells.filter((cell) => cell.part === part)
  const clients = [...new Set(shown.map(nameOf))]
  const rows = [
    ...Map.groupBy(inOrder(shown), ({ fault, style }) => `${rowName(fault, part)} | \`${style}\``),
  ].map(([row, met]) => {
    const texts = clients.map((client) => formatCell(met.find((cell) => nameOf(cell) === client)))
    return `| ${row} | ${texts.join(' | ')} |`
  })
  return [
    `| ${part === 'identity' ? 'the identity is' : part === 'scenario' ? 'scenario' : 'fault'} | style | ${clients.join(' | ')} |`,
    `|---|---|${'---|'.repeat(clients.length)}`,
    ...rows,
  ].join('\n')
}

/** What most programs meet comes first. */
const STYLES: readonly StyleName[] = ['app-service', 'vm', 'arc']

function inOrder(cells: readonly FaultCell[]): FaultCell[] {
  return cells.toSorted((one, other) => STYLES.indexOf(one.style) - STYLES.indexOf(other.style))
}

function rowName(fault: string, part: Part): string {
  return part === 'identity' ? fault : `\`${fault}\``
}

function nameOf({ client, version, language }: FaultCell): string {
  return `${client} ${version} (${language})`
}

function formatCell(cell: FaultCell | undefined): string {
  if (!cell || cell.outcome === 'not run') return '-'
  const { outcome, requests, seconds } = cell
  return `${outcome}, ${requests}, ${seconds.toFixed(1)} s`
}

function isWithoutPause({ requests, seconds }: FaultCell): boolean {
  return requests > REQUESTS_A_SECOND && requests / seconds > REQUESTS_A_SECOND
}

function formatHaste(cell: FaultCell): string {
  const rate = Math.round(cell.requests / cell.seconds)
  return `${nameOf(cell)} asks again without a pause after \`${cell.fault}\`: ${rate} times a second here.`
}

/** What each client says, once for each text. */
function formatMessages(cells: readonly FaultCell[]): string {
  const failed = cells.filter(({ part, message }) => part !== 'once' && message !== '')
  const sections = [...Map.groupBy(failed, nameOf)].map(([client, ofClient]) => {
    const lines = inOrder(ofClient).map(
      ({ fault, part, style, message }) => `- ${rowName(fault, part)}, \`${style}\`: ${visible(message)}`,
    )
    return `### ${client}\n\n${lines.join('\n')}`
  })
  return ['## What they say', ...sections].join('\n\n')
}

/** As text, whatever a client wrote. */
function visible(message: string): string {
  return `\`${withoutPlaces(message).replaceAll('`', "'")}\``
}

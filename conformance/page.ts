/**
 * `docs/conformance.md`, made from a run.
 *
 * @module
 */

import { WORKLOAD_IDENTITY } from '../packages/cli/src/run/run-styles.ts'
import type { AcceptanceCell } from './acceptance.ts'
import { formatAcceptance } from './acceptance-table.ts'
import { caseOf } from './cases.ts'
import type { Cell } from './cell.ts'
import type { ClientFolder } from './client-folder.ts'
import type { ColumnName } from './columns.ts'
import { linkedIn } from './linked.ts'
import { countsOf, formatNotes, formatTable } from './page-table.ts'
import { formatSummary } from './summary.ts'
import { letterOf, notesOf, tablesOf } from './table.ts'
import { formatWindows } from './windows/windows-page.ts'

/** When and with what it was run. */
export interface Run {
  date: Date
  node: string
}

const HEAD = `# Conformance

Which official Azure SDKs work with Landfast, in which version, and where they differ. Each client is unmodified, in a private network
and file system, and asks a running agent with a control plane behind it; or it exchanges a federated token as a workload.`

const MEANING = `A number is how many cases came out as [the case](#cases) says, of those that the client has an option for. The rest is the client's
own doing: a note names its design, or its bug with the thread. **RED** would be ours. An empty field: the client does not know the
style. A click on a client leads to what each of its cells stands on. \`npm run conformance -- --all\` makes this page;
[what is in it](../conformance/README.md) is run with every change for the newest clients. Add [your own client](../conformance/README.md#your-own-client)
in fifteen lines. [Whole programs](programs.md), AzCopy and the Azure CLI among them, have a page of their own.`

/** What else the page tells. */
export interface Beside {
  /** How others accept the identity. */
  acceptance?: readonly AcceptanceCell[]
  /** Of all clients, in which the newest are named. */
  folders?: readonly ClientFolder[]
  /** Of clients on Windows. */
  windows?: readonly Cell[]
}

/** The page for `cells`. */
export function formatPage(
  cells: readonly Cell[],
  run: Run,
  { acceptance = [], folders = [], windows = [] }: Beside = {},
): string {
  const notes = notesOf(cells)
  const linked = linkedIn('linux')
  const day = run.date.toISOString().slice(0, 10)
  const parts = [
    HEAD,
    `Run on ${day} under Linux, the agent on Node.js ${run.node.slice(1)}: ${countsOf(cells)}`,
    formatSummary([...cells, ...windows], folders),
    MEANING,
    LEGEND,
    formatCases([...cells, ...windows]),
    ...tablesOf(cells).map((table) => `${headingOf(table.style)}\n\n${formatTable(table, notes, linked)}`),
    `## Notes\n\n${notes.length > 0 ? formatNotes(notes, linked) : 'There are none.'}`,
    ...(windows.length > 0 ? [formatWindows(windows)] : []),
    ...(acceptance.length > 0 ? [formatAcceptance(acceptance, run.date)] : []),
    formatDenials(cells),
    formatSeconds(cells),
  ]
  return `${parts.join('\n\n')}\n`
}

const LEGEND = `In the tables below, \`ok\`: as the case says. A number alone: otherwise, as [the note](#notes) says. \`-\`: the
client has no option for it. \`?\`: not run, so not proven. \`RED\`: ours, until shown otherwise.

A client that does not know a style has no line in its table; azure-identity-rust 1.0.0 knows Arc and refuses it. In Cloud
Shell and Service Fabric the real service chooses the identity, and clients refuse to ask for another one, but for MSAL for
Python: in Service Fabric it leaves the selector out without a word and has the token of the machine's own identity.`

function formatCases(cells: readonly Cell[]): string {
  const names = [...new Set(cells.map(({ name }) => name))].sort((a, b) =>
    letterOf(a).localeCompare(letterOf(b)),
  )
  const rows = names.map((name) => `| ${letterOf(name)} | \`${name}\` | ${caseOf(name).title} |`)
  return ['## Cases', '', '| | case | what should be |', '|---|---|---|', ...rows].join('\n')
}

function headingOf(style: ColumnName): string {
  if (style !== WORKLOAD_IDENTITY) return `## Style ${style}`
  return [
    '## Workload identity',
    '',
    'No agent is asked: the client finds a token of the machine in a file and exchanges it at the control plane, which counts, for one of',
    'a user-assigned identity.',
  ].join('\n')
}

/** Whether a caller that the policy denies a token gets one by another way, with DefaultAzureCredential. */
function formatDenials(cells: readonly Cell[]): string {
  const denied = cells.filter(({ name, goesOn }) => name === 'denied' && goesOn !== undefined)
  const rows = denied.map(
    ({ style, client, version, goesOn }) =>
      `| ${style} | ${client} ${version} | ${goesOn ? 'goes on' : 'stops'} |`,
  )
  return [
    '## What a chain does after a denial',
    '',
    'The policy of the host denies the token. A chain that goes on may find a credential of another kind, a developer\u2019s Azure',
    'CLI for one, and does not tell. Set `AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential` where that must not be.',
    '',
    '| style | client | its default credential |',
    '|---|---|---|',
    ...rows.sort(),
  ].join('\n')
}

/** The cases that end with a refusal. */
const REFUSALS = ['unassigned', 'wrong-resource', 'denied', 'upstream-down'] as const

/** Figures of one run, for a reader whose program hangs. */
function formatSeconds(cells: readonly Cell[]): string {
  const rows = tablesOf(cells).flatMap(({ style, names, rows: lines }) =>
    lines.flatMap(({ client, cells: own }) => {
      const seconds = REFUSALS.map((name) => own[names.indexOf(name)]?.seconds?.toFixed(1) ?? '')
      return seconds.some(Boolean) ? [`| ${style} | ${client} | ${seconds.join(' | ')} |`] : []
    }),
  )
  return [
    '## How long until a client gives up',
    '',
    'Seconds in which a refused client tried again, in this run.',
    '',
    `| style | client | ${REFUSALS.join(' | ')} |`,
    `|---|---|${REFUSALS.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n')
}

/**
 * `docs/faults.md`, made from a run.
 *
 * @module
 */

import { withoutPlaces } from '../comparable.ts'
import type { FaultCell } from './fault-cell.ts'
import { DURATIONS, type Duration } from './trials.ts'

const HEAD = `# What clients do when the identity service fails

Each official client, unmodified and with its own settings, asked once for a token at an [emulator](emulator.md) that had one fault.
\`npm run conformance -- --faults\` makes this page. Azure's own documentation has no such table.

A cell says how it ended, after how many requests for a token and how many seconds. *Token* after a fault that returns a token of its own
kind means that the client took it. *Waiting* means that it had not given up after 120 seconds. Requests for a challenge are not counted.`

const TITLES: Readonly<Record<Duration, string>> = {
  once: 'One request fails, the next would be answered',
  always: 'Every request fails',
}

/** The page for `cells`. */
export function formatFaultPage(
  cells: readonly FaultCell[],
  { date, node }: { date: Date; node: string },
): string {
  const day = date.toISOString().slice(0, 10)
  const parts = [
    HEAD,
    `Run on ${day} under Linux, the emulator on Node.js ${node.slice(1)}. Connections are refused for two seconds in the first table, for ten minutes in the second.`,
    ...DURATIONS.map((duration) => formatTable(cells, duration)),
    formatMessages(cells),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The table of one duration: a line a fault, a column a client. */
export function formatTable(cells: readonly FaultCell[], duration: Duration): string {
  const shown = cells.filter((cell) => cell.duration === duration)
  const clients = [...new Set(shown.map(nameOf))]
  const rows = [...Map.groupBy(shown, ({ fault }) => fault)].map(([fault, ofFault]) => {
    const texts = clients.map((client) => formatCell(ofFault.find((cell) => nameOf(cell) === client)))
    return `| \`${fault}\` | ${texts.join(' | ')} |`
  })
  return [
    `## ${TITLES[duration]}`,
    '',
    `| fault | ${clients.join(' | ')} |`,
    `|---|${'---|'.repeat(clients.length)}`,
    ...rows,
  ].join('\n')
}

function nameOf({ client, version }: FaultCell): string {
  return `${client} ${version}`
}

function formatCell(cell: FaultCell | undefined): string {
  if (!cell || cell.outcome === 'not run') return '-'
  const { outcome, requests, seconds } = cell
  return `${outcome}, ${requests}, ${seconds.toFixed(1)} s`
}

/** What each client says, once for each text. */
function formatMessages(cells: readonly FaultCell[]): string {
  const failed = cells.filter(({ duration, message }) => duration === 'always' && message !== '')
  const sections = [...Map.groupBy(failed, nameOf)].map(([client, ofClient]) => {
    const lines = ofClient.map(({ fault, message }) => `- \`${fault}\`: ${visible(message)}`)
    return `### ${client}\n\n${lines.join('\n')}`
  })
  return ['## What they say', ...sections].join('\n\n')
}

/** As text, whatever a client wrote. */
function visible(message: string): string {
  return `\`${withoutPlaces(message).replaceAll('`', "'")}\``
}

/**
 * Tables for people and JSON for programs, from the same rows.
 *
 * @module
 */

import type { Machine } from './machine.ts'
import type { Spread } from './statistics.ts'

/** A cell: text, a number, or several measurements of one thing. */
export type Cell = string | number | Spread

/** One table. The keys of its rows are the headings of its columns. */
export interface Table {
  title: string
  /** What has to be known to read it. */
  notes?: readonly string[]
  rows: readonly Record<string, Cell>[]
}

/** Everything that one run has to say. */
export interface Report {
  command: string
  machine: Machine
  tables: readonly Table[]
  /** Parts that could not be measured, and why. */
  failures: readonly { part: string; message: string }[]
}

/** The report as Markdown that is also readable on a terminal. */
export function formatReport({ command, machine, tables, failures }: Report): string {
  const { date, processor, cores, memoryGiB, kernel, node, load } = machine
  const head = [
    `Command: \`${command}\`, ${date} UTC.`,
    `Machine: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, Node ${node}, load before the start ${load}.`,
    'Cells with three figures are median (least to greatest) of the rounds; ratios are taken within a round.',
  ]
  const missing = failures.map(({ part, message }) => `The part "${part}" failed: ${message}`)
  return [head.join('\n'), ...tables.map(formatTable), ...missing].join('\n\n')
}

function formatTable({ title, notes = [], rows }: Table): string {
  const headings = Object.keys(rows[0] ?? {})
  const cells = [headings, ...rows.map((row) => headings.map((heading) => formatCell(row[heading] ?? '')))]
  const widths = headings.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const lines = cells.map((line) => bar(line.map((text, column) => text.padEnd(widths[column] ?? 0))))
  lines.splice(1, 0, bar(widths.map((width) => '-'.repeat(width))))
  return [`### ${title}`, '', ...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

function bar(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function formatCell(cell: Cell): string {
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number') return formatNumber(cell)
  const { median, min, max } = cell
  return `${formatNumber(median)} (${formatNumber(min)} to ${formatNumber(max)})`
}

function formatNumber(value: number): string {
  if (value < 10) return value.toFixed(2)
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

/**
 * Prints the answers of administrative commands: tables and facts for people, JSON for programs.
 *
 * @module
 */

import { visibleLine } from '@landfast/protocol'
import { printNote, printResult } from '../terminal.ts'

/** A column of a table, or a line of facts. An undefined value is shown as "-", or its line left out. */
export type Column<Row> = readonly [title: string, value: (row: Row) => string | undefined]

/** How it is printed. */
export interface AnswerFlags {
  json?: true
}

/** Prints `rows` as a table. */
export function printTable<Row>(
  rows: readonly unknown[],
  columns: readonly Column<Row>[],
  flags: AnswerFlags,
): void {
  if (flags.json) printResult(JSON.stringify(rows))
  else if (rows.length === 0) printNote('there are none')
  else for (const line of tableOf(linesOf(rows as Row[], columns))) printResult(line)
}

function linesOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[][] {
  const lines = rows.map((row) => columns.map(([, value]) => visibleLine(value(row) ?? '-')))
  return [columns.map(([title]) => title.toUpperCase()), ...lines]
}

/** Prints what is known of one thing, a line each. */
export function printFacts<Row>(body: object, facts: readonly Column<Row>[], flags: AnswerFlags): void {
  if (flags.json) {
    printResult(JSON.stringify(body))
    return
  }
  const lines = facts.map(([title, value]) => [title, value(body as Row)] as const)
  const known = lines.filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([title]) => title.length))
  for (const [title, value = ''] of known) printResult(`${title.padEnd(width)} : ${value}`.trimEnd())
}

/** Says that something was done, to programs by `body`. */
export function printDone(text: string, body: object, flags: AnswerFlags): void {
  printResult(flags.json ? JSON.stringify(body) : text)
}

/** Lines of equal columns, two spaces between them. */
function tableOf(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0]?.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0))) ?? []
  return lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/**
 * Prints the answers of administrative commands: tables and facts for people, JSON for programs.
 *
 * @module
 */

import { visibleLine } from '@landfast/protocol'
import { isTaken } from '../output.ts'
import { printNote, printPart, printResult } from '../terminal.ts'

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

/** What comes in pages, as far as it has come. */
type Pages = AsyncIterable<readonly unknown[]>

/**
 * Prints the rows of `pages` as `printTable` does, each page before the next one is asked for: a list of any length takes
 * no more memory than a page. It stops where nobody reads any longer. Resolves to the number of rows.
 */
export async function printPages<Row>(
  pages: Pages,
  columns: readonly Column<Row>[],
  flags: AnswerFlags,
): Promise<number> {
  return flags.json ? await printJsonPages(pages) : await printTablePages(pages, columns)
}

/** One line of JSON, an array, as if all had been there at once. */
async function printJsonPages(pages: Pages): Promise<number> {
  let count = 0
  for await (const page of pages) {
    for (const row of page) {
      printPart(`${count === 0 ? '[' : ','}${JSON.stringify(row)}`)
      count += 1
    }
    if (!(await isTaken('stdout'))) return count
  }
  printResult(count === 0 ? '[]' : ']')
  return count
}

/** Columns are as wide as in the first page, and grow with what is wider in a later one. */
async function printTablePages<Row>(pages: Pages, columns: readonly Column<Row>[]): Promise<number> {
  let count = 0
  let widths: readonly number[] = []
  for await (const page of pages) {
    if (page.length === 0) continue
    const [title = [], ...lines] = linesOf(page as readonly Row[], columns)
    const shown = count === 0 ? [title, ...lines] : lines
    widths = widthsOf(shown, widths)
    for (const line of tableOf(shown, widths)) printResult(line)
    count += lines.length
    if (!(await isTaken('stdout'))) return count
  }
  if (count === 0) printNote('there are none')
  return count
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

type Lines = readonly (readonly string[])[]

/** How wide each column is, at least as in `least`. */
function widthsOf(lines: Lines, least: readonly number[] = []): readonly number[] {
  const widest = (index: number) =>
    Math.max(least[index] ?? 0, ...lines.map((line) => line[index]?.length ?? 0))
  return lines[0]?.map((_, index) => widest(index)) ?? []
}

/** Lines of equal columns, two spaces between them. */
function tableOf(lines: Lines, widths = widthsOf(lines)): string[] {
  return lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

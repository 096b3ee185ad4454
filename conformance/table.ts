/**
 * The tables of a run: one a style, a line for each client, a column for each case.
 *
 * @module
 */

import { CASE_NAMES, type CaseName, caseOf } from './cases.ts'
import { type Cell, type Colour, inWords } from './cell.ts'
import type { ColumnName } from './columns.ts'

/** How a cell is shown; what is the client's doing gets the number of its note. */
export const SIGNS: Readonly<Record<Colour, string>> = {
  green: 'ok',
  client: '',
  red: 'RED',
  'not offered': '-',
  'not run': '?',
}

/** One client's line. */
export interface Row {
  client: string
  /** In the order of the columns; undefined where the case was not tried. */
  cells: readonly (Cell | undefined)[]
}

/** One style's table. */
export interface Table {
  style: ColumnName
  names: readonly CaseName[]
  rows: readonly Row[]
}

/** A note that cells refer to by its number. */
export interface Note {
  text: string
  cells: readonly Cell[]
}

/** The tables of `cells`. Clients that do not know a style have no line in it. */
export function tablesOf(cells: readonly Cell[]): Table[] {
  const styles = [...new Set(cells.map(({ style }) => style))]
  return styles.map((style) => {
    const own = cells.filter((cell) => cell.style === style)
    const names = CASE_NAMES.filter((name) => own.some((cell) => cell.name === name))
    return { style, names, rows: rowsOf(own, names) }
  })
}

function rowsOf(cells: readonly Cell[], names: readonly CaseName[]): Row[] {
  const clients = [...new Set(cells.map(titleOf))].sort()
  return clients
    .map((client) => {
      const own = cells.filter((cell) => titleOf(cell) === client)
      return { client, cells: names.map((name) => own.find((cell) => cell.name === name)) }
    })
    .filter((row) => row.cells.some((cell) => cell && cell.colour !== 'not offered'))
}

/** The client of a cell, as a line of a table is called. */
export function titleOf({ client, version, credential }: Cell): string {
  return `${client} ${version}${credential === 'default' ? ', default credential' : ''}`
}

/** Why cells are not green, each reason once. */
export function notesOf(cells: readonly Cell[]): Note[] {
  const texts = new Map<string, Cell[]>()
  for (const cell of cells) {
    const text = inWords(cell)
    if (text === '') continue
    texts.set(text, [...(texts.get(text) ?? []), cell])
  }
  return Array.from(texts, ([text, own]) => ({ text, cells: own }))
}

/** The sign of `cell`, with the number of its note as `show` has it. */
export function signOf(
  cell: Cell | undefined,
  notes: readonly Note[],
  show: (number: number, note: Note) => string = (number) => `[${number}]`,
): string {
  if (!cell) return ''
  const index = notes.findIndex(({ cells }) => cells.includes(cell))
  const note = notes[index]
  return `${SIGNS[cell.colour]}${note ? show(index + 1, note) : ''}`
}

/** The tables as plain text. */
export function formatTables(cells: readonly Cell[]): string {
  const notes = notesOf(cells)
  const tables = tablesOf(cells).map((table) => formatTable(table, notes))
  const reasons = notes.map(({ text }, index) => `[${index + 1}] ${text}\n`)
  return `${tables.join('\n')}\n${reasons.join('')}`
}

function formatTable({ style, names, rows }: Table, notes: readonly Note[]): string {
  const legend = names.map((name) => `  ${letterOf(name)}  ${name}: ${caseOf(name).title}`)
  const lines = [
    ['', ...names.map(letterOf)],
    ...rows.map(({ client, cells }) => [client, ...cells.map((cell) => signOf(cell, notes))]),
  ]
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [`${style}\n`, ...legend, '', ...text, ''].join('\n')
}

/** The head of a case's column. */
export function letterOf(name: CaseName): string {
  return String.fromCharCode('A'.charCodeAt(0) + CASE_NAMES.indexOf(name))
}

/** How many cells are as they should be or as it is known, are red, or were not run. */
export function totalsOf(cells: readonly Pick<Cell, 'colour'>[]): {
  passed: number
  failed: number
  skipped: number
} {
  const count = (...colours: Colour[]) => cells.filter(({ colour }) => colours.includes(colour)).length
  return { passed: count('green', 'client'), failed: count('red'), skipped: count('not run') }
}

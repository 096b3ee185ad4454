/**
 * What each part of the page has: a table of one style, its notes, and the counts of its cells.
 *
 * @module
 */

import type { Cell } from './cell.ts'
import { letterOf, type Note, type Row, signOf, type Table, totalsOf } from './table.ts'

/** How lines, signs and notes are shown; default: as they are. */
export interface Shown {
  client?: (row: Row) => string
  number?: (number: number, note: Note) => string
  note?: (note: Note) => string
}

/** The table of a style, without its heading. */
export function formatTable({ names, rows }: Table, notes: readonly Note[], shown: Shown = {}): string {
  const { client = (row: Row) => row.client, number } = shown
  const body = rows.map((row) => {
    const signs = row.cells.map((cell) => signOf(cell, notes, number))
    return `| ${client(row)} | ${signs.join(' | ')} |`
  })
  const head = `| client | ${names.map(letterOf).join(' | ')} |`
  return [head, `|---|${names.map(() => '---|').join('')}`, ...body].join('\n')
}

/** The notes, one a line. */
export function formatNotes(notes: readonly Note[], { note = ({ text }) => text }: Shown = {}): string {
  return notes.map((one, index) => `${index + 1}. ${note(one)}`).join('\n')
}

/** How many cells there are of each colour, in words. */
export function countsOf(cells: readonly Cell[]): string {
  const { passed, failed, skipped } = totalsOf(cells)
  const green = cells.filter(({ colour }) => colour === 'green').length
  return `${green} cells as they should be, ${passed - green} otherwise by the client's own doing, ${failed} red, ${skipped} not run.`
}

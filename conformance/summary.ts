/**
 * The first screen of `docs/conformance.md`: the newest version of each client by style, in one table.
 *
 * @module
 */

import type { Cell } from './cell.ts'
import type { ClientFolder } from './client-folder.ts'
import { COLUMN_NAMES } from './columns.ts'
import { evidencePage } from './evidence.ts'

/** The table for `cells`. A language has a line for each of its clients. */
export function formatSummary(cells: readonly Cell[], folders: readonly ClientFolder[]): string {
  const rows = folders.flatMap(({ language, clients, system }) =>
    clients.flatMap(({ name, version }) => {
      const own = cells.filter(
        (cell) => cell.client === name && cell.version === version && cell.system === system,
      )
      const place = system ? `${language}, ${system}` : language
      return own.length > 0 ? [{ place, name, version, cells: own }] : []
    }),
  )
  const styles = COLUMN_NAMES.filter((style) =>
    rows.some((row) => row.cells.some((cell) => cell.style === style)),
  )
  const lines = rows.map(({ place, name, version, cells: own }) => {
    const counts = styles.map((style) => countOf(own.filter((cell) => cell.style === style)))
    return `| ${place} | [${name} ${version}](${evidencePage(name)}) | ${counts.join(' | ')} |`
  })
  return [
    `| | newest client | ${styles.join(' | ')} |`,
    `|---|---|${styles.map(() => '---|').join('')}`,
    ...lines,
  ].join('\n')
}

/** How many cases came out as they should, of those that the client has an option for. */
function countOf(cells: readonly Cell[]): string {
  const tried = cells.filter(({ colour }) => colour !== 'not offered' && colour !== 'not run')
  if (tried.length === 0) return cells.some(({ colour }) => colour === 'not run') ? '?' : ''
  const green = tried.filter(({ colour }) => colour === 'green').length
  const red = tried.filter(({ colour }) => colour === 'red').length
  return `${green}/${tried.length}${red > 0 ? ` **${red} RED**` : ''}`
}

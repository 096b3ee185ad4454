/**
 * What leads where in the tables of a page: a client to its evidence, and a number to its note.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { CLIENTS, evidencePage, PROGRAMS } from './evidence.ts'
import type { Shown } from './page-table.ts'
import type { Note } from './table.ts'

/** With links; `part` keeps the anchors of one part of the page apart from those of another. */
export function linkedIn(part: 'linux' | 'windows' | 'programs'): Required<Shown> {
  const evidence = part === 'programs' ? PROGRAMS : CLIENTS
  const anchorOf = (note: Note) => `${part === 'windows' ? 'windows-' : ''}note-${nameOf(note)}`
  return {
    client: ({ client: title, cells }) => {
      const client = cells.find(Boolean)?.client
      return client === undefined ? title : `[${title}](${evidencePage(client, evidence)})`
    },
    number: (number, note) => `[${number}](#${anchorOf(note)})`,
    note: (note) => `<a id="${anchorOf(note)}"></a>${note.text}`,
  }
}

/** The same in every run, whatever its number is then. */
function nameOf({ text }: Note): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

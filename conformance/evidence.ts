/**
 * The pages behind `docs/conformance.md`, one a client: for each case how it ended, in which time, what the client said, and
 * the command that runs it again.
 *
 * @module
 */

import { type Cell, type Colour, inWords } from './cell.ts'
import { comparable } from './comparable.ts'
import { titleOf } from './table.ts'

/** Where the pages are that stand behind a table. */
export interface Evidence {
  /** In `docs/`. */
  folder: string
  /** The page with the table. */
  table: string
  /** What has everything in the table run. */
  flag: string
}

/** Of client libraries. */
export const CLIENTS: Evidence = { folder: 'conformance', table: 'conformance.md', flag: '--all' }

/** Of whole programs. */
export const PROGRAMS: Evidence = { folder: 'programs', table: 'programs.md', flag: '--programs' }

/** Where the page of a client is, from `docs/`. */
export function evidencePage(client: string, { folder } = CLIENTS): string {
  return `${folder}/${slugOf(client)}.md`
}

/** The page of each client in `cells`, by its path from `docs/`. */
export function evidencePages(cells: readonly Cell[], date: Date, of = CLIENTS): Map<string, string> {
  const clients = Map.groupBy(cells, ({ client }) => client)
  return new Map(
    [...clients].map(
      ([client, own]) => [evidencePage(client, of), formatClient(client, own, { date, of })] as const,
    ),
  )
}

const OUTCOMES: Readonly<Record<Colour, string>> = {
  green: 'ok',
  client: 'otherwise',
  red: '**RED**',
  'not offered': '-',
  'not run': 'not run',
}

function formatClient(
  client: string,
  cells: readonly Cell[],
  { date, of }: { date: Date; of: Evidence },
): string {
  const sections = [...Map.groupBy(cells, placeOf)]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([title, own]) => formatSection(title, own))
  return `${[
    `# ${client}`,
    `What each cell of [the table](../${of.table}) stands on, run on ${date.toISOString().slice(0, 10)}. "otherwise" is the client's own doing.
What a client says is cut, and ids and ports in it are left out.`,
    `\`\`\`sh\nnpm run conformance -- ${of.flag} --client "${client}" --style STYLE --case CASE\n\`\`\``,
    ...sections,
  ].join('\n\n')}\n`
}

/** The tables of systems are apart, and so are their lines here. */
function placeOf(cell: Cell): string {
  return `${titleOf(cell)}, ${cell.style}${cell.system === undefined ? '' : `, on ${cell.system}`}`
}

function formatSection(title: string, cells: readonly Cell[]): string {
  const rows = cells.map((cell) => {
    const seconds = cell.seconds === undefined ? '' : cell.seconds.toFixed(1)
    const atFirst = cell.atFirst && `(at the first: ${comparable(cell.atFirst)})`
    const words = [inWords(cell), atFirst, cell.said && `\`${cell.said}\``].filter(Boolean).join(' ')
    return `| \`${cell.name}\` | ${OUTCOMES[cell.colour]} | ${seconds} | ${words.replaceAll('|', '\\|')} |`
  })
  return [`## ${title}`, '', '| case | | s | |', '|---|---|---|---|', ...rows].join('\n')
}

/** With its `@`, without which JavaScript's `@azure/identity` would be Python's `azure-identity`. */
function slugOf(client: string): string {
  return client
    .toLowerCase()
    .replace(/[^\w.@]+/g, '-')
    .replace(/^-|-$/g, '')
}

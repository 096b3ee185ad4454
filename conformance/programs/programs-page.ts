/**
 * `docs/programs.md`, made from a run of whole programs.
 *
 * @module
 */

import type { Cell } from '../cell.ts'
import { COLUMN_NAMES, type ColumnName } from '../columns.ts'
import { linkedIn } from '../linked.ts'
import type { Run } from '../page.ts'
import { countsOf, formatNotes } from '../page-table.ts'
import { formatTables, type Note, notesOf, signOf, titleOf } from '../table.ts'
import { formatBoth } from '../windows/windows-page.ts'
import { PROGRAM_CASE_NAMES, PROGRAM_CASES } from './program-cases.ts'

/** The cells of client libraries, and those of whole programs. */
export function byKind(cells: readonly Cell[]): { clients: Cell[]; programs: Cell[] } {
  const isProgram = ({ library }: Cell) => library !== undefined
  return { clients: cells.filter((cell) => !isProgram(cell)), programs: cells.filter(isProgram) }
}

/** All tables as plain text, those of programs last. */
export function formatEvery(cells: readonly Cell[]): string {
  const { clients, programs } = byKind(cells)
  const parts = [
    ...(clients.length > 0 ? [formatBoth(clients)] : []),
    ...(programs.length > 0 ? [`Whole programs\n\n${formatTables(programs)}`] : []),
  ]
  return parts.join('\n')
}

const HEAD = `# Whole programs

Programs of others that ask for tokens by themselves, as their makers publish them. Each runs in a private network and file system
beside a running agent with a control plane behind it. There \`landfast.blob.core.windows.net\` is Azurite, and
\`management.azure.com\` is the control plane; a server in front of both verifies each token: signature, issuer, audience and time. A program
that prints its token has that one verified. In \`vm\` it has no variable and finds 169.254.169.254. In \`workload-identity\` it exchanges a
token of the machine in a file, and \`login.microsoftonline.com\`, which most programs ask about any authority, is the control plane as well.
adlfs, deltalake, hadoop-azure, obstore, opendal and polars are libraries, which a program of a few lines calls.`

const LEGEND = `\`ok\`: it did its work, with a token of the identity that was asked for. A number alone: otherwise, as [the note](#notes) says. \`-\`: it
has no option for it. An empty field: it does not know the style, or the line is not of that style. \`?\`: not run, so not proven. \`RED\`:
ours, until shown otherwise. A click on a program leads to what it said.
\`npm run conformance -- --programs\` makes this page; [the client libraries](conformance.md) have many more cases.`

const OTHERS = `## Without a row

These got a right token from an agent when they were tried by hand, and no test repeats that: go-azure-sdk; msrestazure 0.6.4 and
@azure/ms-rest-nodeauth, the libraries before azure-identity; rclone 1.60.1, which has code of its own in place of azidentity; mssql-jdbc
9.4.1, whose code is its own as well. Databricks' SDKs for Go and Rust have Arc clients of their own, which were in no release in November
2026.`

/** The page for `cells`, all of whole programs. */
export function formatProgramsPage(came: readonly Cell[], { date, node }: Run): string {
  // They come as their programs end.
  const cells = came.toSorted((one, other) => titleOf(one).localeCompare(titleOf(other)))
  const notes = notesOf(cells)
  const day = date.toISOString().slice(0, 10)
  const parts = [
    HEAD,
    `Run on ${day} under Linux, the agent on Node.js ${node.slice(1)}: ${countsOf(cells)}`,
    LEGEND,
    formatPrograms(cells, notes),
    OTHERS,
    `## Notes\n\n${notes.length > 0 ? formatNotes(notes, LINKED) : 'There are none.'}`,
  ]
  return `${parts.join('\n\n')}\n`
}

const LINKED = linkedIn('programs')

/** A line for each program and way to ask, a column for each style. */
function formatPrograms(cells: readonly Cell[], notes: readonly Note[]): string {
  const styles = COLUMN_NAMES.filter((name) => cells.some(({ style }) => style === name))
  const rows = [...Map.groupBy(cells, titleOf)].flatMap(([title, own]) =>
    formatRows(title, { own, styles, notes }),
  )
  return [
    `| program | asks by | identity | ${styles.join(' | ')} |`,
    `|---|---|---|${'---|'.repeat(styles.length)}`,
    ...rows,
  ].join('\n')
}

function formatRows(
  title: string,
  { own, styles, notes }: { own: readonly Cell[]; styles: readonly ColumnName[]; notes: readonly Note[] },
): string[] {
  const program = [LINKED.client({ client: title, cells: own }), own[0]?.library]
  const cases = PROGRAM_CASE_NAMES.filter((name) => own.some((cell) => cell.name === name))
  return cases.map((name, index) => {
    const head = index === 0 ? program : ['', '']
    const signs = styles.map((style) => {
      const cell = own.find((one) => one.style === style && one.name === name)
      return signOf(cell, notes, LINKED.number)
    })
    return `| ${[...head, PROGRAM_CASES[name], ...signs].join(' | ')} |`
  })
}

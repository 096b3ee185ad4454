/**
 * The options of `npm run conformance`.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { CASE_NAMES, type CaseName, caseOf } from './cases.ts'
import { SYSTEMS, type SystemName } from './client-folder.ts'
import { COLUMN_NAMES, type ColumnName } from './columns.ts'

/** What is tried and how it is told. */
export interface Options {
  /** Only what can be given is told. */
  help: boolean
  /** Older clients and long cases as well, and the page is written. */
  all: boolean
  /** Whole programs, in place of the clients. */
  programs: boolean
  /** What clients do about faults, in place of the cases. */
  faults: boolean
  /** Only clients whose name or language holds one of these; empty: every one. */
  clients: readonly string[]
  systems: readonly SystemName[]
  styles: readonly ColumnName[]
  cases: readonly CaseName[]
  json: boolean
  /** A client program of somebody else, in place of ours. */
  clientFolder: string | undefined
}

/**
 * Reads `args`.
 *
 * @throws {TypeError} if there is an option, a style or a case that is not known.
 */
export function readOptions(args: readonly string[]): Options {
  const several = { type: 'string', multiple: true } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: flag,
      all: flag,
      faults: flag,
      programs: flag,
      json: flag,
      client: several,
      system: several,
      style: several,
      case: several,
      'client-folder': { type: 'string' },
    },
  })
  const usual = CASE_NAMES.filter((name) => values.all || !caseOf(name).isLong)
  return {
    help: values.help,
    all: values.all,
    faults: values.faults,
    programs: values.programs,
    json: values.json,
    clientFolder: values['client-folder'],
    clients: values.client ?? [],
    systems: chosen('system', values.system, SYSTEMS) ?? SYSTEMS,
    styles: chosen('style', values.style, COLUMN_NAMES) ?? COLUMN_NAMES,
    cases: chosen('case', values.case, CASE_NAMES) ?? usual,
  }
}

/** What `--help` prints; `clients` are the lines that name them. */
export function formatUsage(clients: readonly string[]): string {
  return `usage: npm run conformance -- [--all | --faults | --programs] [--json] [--client TEXT] [--system NAME] [--style NAME] [--case NAME]
       npm run conformance -- --client-folder FOLDER [--json] [--style NAME] [--case NAME]

--all       older clients, long cases and whole programs too; with no other flag it writes docs/conformance.md
--programs  only whole programs; with no other flag it writes docs/programs.md
--faults    what the newest clients do when the endpoint fails; with no other flag it writes docs/faults.md
--json      print the cells as JSON in place of the tables
--client    only clients whose name holds TEXT, or those of the language TEXT:
${clients.map((line) => `            ${line}\n`).join('')}\
--system    only clients on this system: ${SYSTEMS.join(', ')}
--style     only this column: ${COLUMN_NAMES.join(', ')}
--case      only this case: ${CASE_NAMES.join(', ')}

--client-folder  a client of your own in place of ours: a folder with client.json and the program

--client, --system, --style and --case may be given more than once.
`
}

function chosen<Name extends string>(
  option: string,
  asked: readonly string[] | undefined,
  known: readonly Name[],
): Name[] | undefined {
  const wrong = asked?.find((name) => !known.some((one) => one === name))
  if (wrong !== undefined) {
    throw new TypeError(`there is no ${option} "${wrong}"; they are ${known.join(', ')}`)
  }
  return asked && known.filter((name) => asked.includes(name))
}

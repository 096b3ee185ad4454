/**
 * What the command line of the suite asks for.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { CASE_NAMES, type CaseName, caseOf } from './cases.ts'
import { COLUMN_NAMES, type ColumnName } from './columns.ts'

/** What is tried and how it is told. */
export interface Options {
  /** Older clients and long cases as well, and the page is written. */
  all: boolean
  /** Only clients whose name or language holds one of these; empty: every one. */
  clients: readonly string[]
  styles: readonly ColumnName[]
  cases: readonly CaseName[]
  json: boolean
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
    options: { all: flag, json: flag, client: several, style: several, case: several },
  })
  const usual = CASE_NAMES.filter((name) => values.all || !caseOf(name).isLong)
  return {
    all: values.all,
    json: values.json,
    clients: values.client ?? [],
    styles: chosen('style', values.style, COLUMN_NAMES) ?? COLUMN_NAMES,
    cases: chosen('case', values.case, CASE_NAMES) ?? usual,
  }
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

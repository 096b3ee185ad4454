/**
 * The table of who else accepts the identity, for the page and for the terminal.
 *
 * @module
 */

import {
  ACCEPTANCE_COLUMNS,
  ACCEPTANCE_ROWS,
  type AcceptanceCell,
  type AcceptanceColumn,
} from './acceptance.ts'
import { SIGNS } from './table.ts'

const COLUMNS = Object.keys(ACCEPTANCE_COLUMNS) as AcceptanceColumn[]

/** The section for `cells`, in Markdown. */
export function formatAcceptance(cells: readonly AcceptanceCell[], date: Date): string {
  const reasons = [...new Set(cells.flatMap(({ reason }) => reason ?? []))]
  const rows = ACCEPTANCE_ROWS.map(({ client, judge }) => {
    const signs = COLUMNS.map((column) => {
      const cell = cells.find((one) => one.client === client && one.column === column)
      return cell ? signOf(cell, reasons) : ''
    })
    return `| ${client} | ${judge} | ${signs.join(' | ')} |`
  })
  return [
    '## Who else accepts the identity',
    '',
    `Run on ${date.toISOString().slice(0, 10)}: libraries of others, unmodified, against services that verify the token in the place of the real ones,`,
    'which were not asked. `ok`: every test of the cell passed. `?`: not run, with the reason. Empty: no test with this library looks',
    'at it. With MSAL, the stand-in takes the assertion of the library and of a foreign issuer; no agent is asked.',
    '',
    `| library | who judges | ${COLUMNS.map((column) => ACCEPTANCE_COLUMNS[column]).join(' | ')} |`,
    `|---|---|${COLUMNS.map(() => '---|').join('')}`,
    ...rows,
    ...(reasons.length > 0 ? ['', ...reasons.map((text, index) => `${index + 1}. ${text}`)] : []),
  ].join('\n')
}

function signOf({ colour, reason }: AcceptanceCell, reasons: readonly string[]): string {
  const number = reason === undefined ? 0 : reasons.indexOf(reason) + 1
  return `${SIGNS[colour]}${number > 0 ? `[${number}]` : ''}`
}

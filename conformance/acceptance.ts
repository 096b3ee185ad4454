/**
 * Who else accepts the identity: other libraries against services that verify, each cell the outcome of tests.
 *
 * @module
 */

import type { Colour } from './cell.ts'

/** What is looked at, and what it says in the head of the table. */
export const ACCEPTANCE_COLUMNS = {
  accepted: 'right token: accepted',
  forged: 'forged: refused',
  expired: 'expired: refused',
  audience: 'other audience: refused',
  subject: 'other subject: refused',
  disabled: 'machine disabled: refused',
} as const

/** One column. */
export type AcceptanceColumn = keyof typeof ACCEPTANCE_COLUMNS

/** A library, and the tests (by their full names) that prove each column. */
export interface AcceptanceRow {
  client: string
  /** Who judges in the other side's place. */
  judge: string
  file: string
  tests: Partial<Readonly<Record<AcceptanceColumn, readonly string[]>>>
}

const google = (client: string): AcceptanceRow => ({
  client,
  judge: 'a double of Google’s token exchange',
  file: 'test/trust/google.test.ts',
  tests: {
    accepted: [
      'asks an endpoint of the style of virtual machines by its URL',
      'asks an endpoint of the style of App Service by its URL and secret',
      'reads a token file',
      'runs the command, which answers the challenge of Arc',
    ].map((name) => `${client} > ${name}`),
    forged: [`${client} > gets nothing for a token that is forged`],
    expired: [`${client} > gets nothing for a token that is expired`],
    audience: [`${client} > gets nothing for a token that is for another audience`],
    subject: [`${client} > gets nothing for a token that is of another subject`],
  },
})

const aws = (client: string, accepted: readonly string[]): AcceptanceRow => ({
  client,
  judge: 'a double of AWS’s Security Token Service',
  file: 'test/aws/sdks.test.ts',
  tests: {
    accepted,
    forged: [`${client} > gets nothing for a token that is forged`],
    expired: [`${client} > gets nothing for a token that is expired`],
    audience: [`${client} > gets nothing for a token that is for another audience`],
    subject: [`${client} > gets nothing for a token that is of another subject`],
    disabled: [`${client} > gets nothing at the endpoint once the machine is disabled`],
  },
})

const msal = (client: string): AcceptanceRow => ({
  client,
  judge: 'a stand-in for Entra ID',
  file: 'test/entra/clients.test.ts',
  tests: {
    accepted: [
      `${client} > gets tokens by certificate and by federation, and its assertion is of the kind of the agent`,
    ],
  },
})

/** Every library of the table. */
export const ACCEPTANCE_ROWS: readonly AcceptanceRow[] = [
  google('google-auth'),
  google('google-auth-library'),
  aws('boto3', [
    'boto3 gets credentials of the role at the endpoint, and signs with them',
    'boto3 exchanges a token file by itself, and signs with what it gets',
  ]),
  aws('the SDK for JavaScript', [
    'the SDK for JavaScript gets credentials of the role at the endpoint',
    'the SDK for JavaScript exchanges a token file by itself',
  ]),
  ...['MSAL for Node', 'MSAL for Python', 'MSAL for Go', 'MSAL for Java'].map(msal),
]

/** How a test ended. */
export interface TestOutcome {
  name: string
  state: 'passed' | 'failed' | 'skipped' | 'pending'
  /** Why it failed or was left out. */
  reason?: string
}

/** One library's result in one column; there is none where no test looks at it. */
export interface AcceptanceCell {
  client: string
  column: AcceptanceColumn
  colour: Extract<Colour, 'green' | 'red' | 'not run'>
  reason?: string
}

/** The cells that `outcomes` fill; a test that nobody ran under its name makes its cell red. */
export function acceptanceCells(outcomes: readonly TestOutcome[]): AcceptanceCell[] {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]))
  return ACCEPTANCE_ROWS.flatMap(({ client, tests }) =>
    Object.entries(tests).map(([column, names]) => ({
      client,
      column: column as AcceptanceColumn,
      ...judge(names.map((name) => byName.get(name) ?? missing(name))),
    })),
  )
}

function missing(name: string): TestOutcome {
  return { name, state: 'failed', reason: `there was no test "${name}" in the run` }
}

function judge(outcomes: readonly TestOutcome[]): Pick<AcceptanceCell, 'colour' | 'reason'> {
  const wrong = outcomes.find(({ state }) => state === 'failed' || state === 'pending')
  if (wrong) return { colour: 'red', reason: wrong.reason ?? `"${wrong.name}" failed` }
  const leftOut = outcomes.find(({ state }) => state === 'skipped')
  if (leftOut) return { colour: 'not run', reason: leftOut.reason ?? 'no reason given' }
  return { colour: 'green' }
}

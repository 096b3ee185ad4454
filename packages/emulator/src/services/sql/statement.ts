/**
 * The statements that pools and drivers send to check a connection, and their answers. There is no data behind them.
 *
 * @module
 */

import { SqlError } from './sql-error.ts'

/** Who has signed in, and where. */
export interface Session {
  /** What Azure gives as the login of an application: `client id@tenant id`. */
  login: string
  /** The name of the identity. */
  user: string
  database: string
}

/** What a statement gives: one value in one column, or nothing. */
export type StatementAnswer = { column: string; value: number | string } | undefined

/** The longest statement that an error repeats. */
const REPEATED_MAX_CHARACTERS = 120

/** Settings, and the ends of transactions in which nothing was done. */
const WITHOUT_VALUE = [
  /^set\s+[\w\s,'-]+$/i,
  /^use\s+(?:\w+|\[[^\]]+\])$/i,
  /^(?:if\s+@@trancount\s*>\s*0\s+)?(?:begin|commit|rollback)(?:\s+tran(?:saction)?)?$/i,
] as const

const SELECT = /^select\s+(?<what>@?@?\w+(?:\s*\(\s*\))?|'[^']*')(?:\s+(?:as\s+)?\[?(?<column>\w+)\]?)?$/i

const VALUES: Readonly<Record<string, (session: Session) => number | string>> = {
  'suser_sname()': ({ login }) => login,
  'original_login()': ({ login }) => login,
  system_user: ({ login }) => login,
  'user_name()': ({ user }) => user,
  current_user: ({ user }) => user,
  session_user: ({ user }) => user,
  'db_name()': ({ database }) => database,
  'schema_name()': () => 'dbo',
  '@@version': () => 'Landfast emulator: signs in, and has no data',
  '@@trancount': () => 0,
}

/** Answers `text`, which may be several statements of which one gives a value. @throws {SqlError} `not_emulated`. */
export function answerStatement(text: string, session: Session): StatementAnswer {
  const statements = text.split(/[;\n]/).map((one) => one.trim())
  const answers = statements.filter((one) => one !== '').map((one) => answerOne(one, session))
  return answers.findLast((one) => one !== undefined)
}

function answerOne(statement: string, session: Session): StatementAnswer {
  const { what = '', column = '' } = SELECT.exec(statement)?.groups ?? {}
  if (/^\d{1,9}$/.test(what)) return { column, value: Number(what) }
  if (what.startsWith("'")) return { column, value: what.slice(1, -1) }
  const name = what.toLowerCase().replaceAll(/\s/g, '')
  if (Object.hasOwn(VALUES, name)) return { column, value: VALUES[name]?.(session) ?? '' }
  if (WITHOUT_VALUE.some((form) => form.test(statement))) return undefined
  throw new SqlError('not_emulated', statement.slice(0, REPEATED_MAX_CHARACTERS))
}

/**
 * What the emulator's SQL refuses, in the numbers of Azure's: one table gives each code its number, state, severity and message.
 *
 * @see docs/errors.md#the-sql-of-the-emulator
 * @see https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error
 * @module
 */

import { type Circumstances, codedError } from '@landfast/protocol'

const IDENTIFIED = "Login failed for user '<token-identified principal>'."

/** At the percent sign stands the detail. States from 102 to 111 are Azure's for a token that is not taken. */
const ERRORS = {
  stream_malformed: [4002, 1, 16, 'The incoming tabular data stream (TDS) protocol stream is incorrect: %'],
  token_missing: [18456, 1, 14, "Login failed for user '%'. The emulator's SQL takes tokens only"],
  signature_unknown: [18456, 102, 14, `${IDENTIFIED} The token is not accepted: %`],
  issuer_wrong: [18456, 103, 14, `${IDENTIFIED} The token is not accepted: %`],
  audience_wrong: [18456, 104, 14, `${IDENTIFIED} The token is not accepted: %`],
  expired: [18456, 105, 14, `${IDENTIFIED} The token is not accepted: %`],
  not_valid_yet: [18456, 106, 14, `${IDENTIFIED} The token is not accepted: %`],
  login_failed: [18456, 107, 14, `${IDENTIFIED} The emulator's SQL could not read the keys of the issuer`],
  not_emulated: [
    40510,
    1,
    16,
    "The emulator's SQL signs in and no more, and has no data; it answers what checks a connection. Not supported: %",
  ],
} as const satisfies Record<
  string,
  readonly [number: number, state: number, severity: number, message: string]
>

/** A stable code of what was refused. */
export type SqlErrorCode = keyof typeof ERRORS

type Row = (typeof ERRORS)[SqlErrorCode]

function messageOf([, , , message]: Row, { detail = '' }: Circumstances): string {
  return message.replace('%', () => detail)
}

/** Something that the emulator's SQL refuses. */
export class SqlError extends codedError('SqlError', ERRORS, messageOf) {
  readonly number: number = ERRORS[this.code][0]
  readonly state: number = ERRORS[this.code][1]
  /** How bad it is; 14 is a matter of permission, 16 one that the user can mend. */
  readonly severity: number = ERRORS[this.code][2]

  /** `detail` is sent to the caller. */
  constructor(code: SqlErrorCode, detail?: string, cause?: unknown) {
    super(code, { ...(detail !== undefined && { detail }), cause })
  }
}

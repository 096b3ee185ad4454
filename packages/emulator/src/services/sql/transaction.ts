/**
 * The beginnings and ends of transactions, in which nothing can be done: some drivers begin one before any statement.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/5d1ac35b-0bbf-4d14-8c8d-3c7aa5ca5ee5
 * @module
 */

import { formatDone, formatTransaction } from './answer-tokens.ts'
import { SqlError } from './sql-error.ts'
import { afterHeaders } from './statement-message.ts'

const REQUEST = { begin: 5, commit: 7, rollback: 8 } as const

/** After this end another transaction begins. */
const AND_BEGIN = 0x01

/** Answers a request. @throws {SqlError} `stream_malformed`, `not_emulated`. */
export function answerTransaction(body: Buffer): Buffer {
  const reader = afterHeaders(body)
  const request = reader.uint16()
  if (request === REQUEST.begin) return Buffer.concat([formatTransaction('begun'), formatDone()])
  if (request !== REQUEST.commit && request !== REQUEST.rollback)
    throw new SqlError('not_emulated', `the request ${request} of the transaction manager`)
  reader.text(reader.uint8())
  const next = reader.uint8() & AND_BEGIN ? [formatTransaction('begun')] : []
  const end = formatTransaction(request === REQUEST.commit ? 'committed' : 'rolledBack')
  return Buffer.concat([end, ...next, formatDone()])
}

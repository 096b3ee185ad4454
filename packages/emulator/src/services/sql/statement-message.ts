/**
 * Finds the statement in a message of TDS, which comes as it is or as a call of `sp_executesql`.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/619c43b6-9495-4a58-9e49-a4950db245b3
 * @module
 */

import { ByteReader } from './byte-reader.ts'
import { SqlError } from './sql-error.ts'

/** In place of a length: the procedure is one of these. */
const BY_NUMBER = 0xffff
const EXECUTE_SQL = 10

const TEXT_TYPE = 0xe7
const COLLATION_BYTES = 5
/** The text comes in parts. */
const IN_PARTS = 0xffff

/** The statement of a batch. @throws {SqlError} `stream_malformed`. */
export function readBatch(body: Buffer): string {
  return afterHeaders(body).rest().toString('utf16le')
}

/** The statement of a call; its parameters change nothing. @throws {SqlError} `stream_malformed`, `not_emulated`. */
export function readCall(body: Buffer): string {
  const reader = afterHeaders(body)
  const length = reader.uint16()
  const procedure = length === BY_NUMBER ? reader.uint16() : reader.text(length)
  if (procedure !== EXECUTE_SQL && String(procedure).toLowerCase() !== 'sp_executesql')
    throw new SqlError('not_emulated', `the procedure "${procedure}"`)
  reader.bytes(2)
  reader.text(reader.uint8())
  reader.bytes(1)
  return readText(reader)
}

/** What follows the headers of `body`, which tell of transactions and notifications. @throws {SqlError} `stream_malformed`. */
export function afterHeaders(body: Buffer): ByteReader {
  return new ByteReader(body, new ByteReader(body).uint32())
}

function readText(reader: ByteReader): string {
  if (reader.uint8() !== TEXT_TYPE) throw new SqlError('not_emulated', 'a statement that is no nvarchar')
  const max = reader.uint16()
  reader.bytes(COLLATION_BYTES)
  if (max !== IN_PARTS) return reader.bytes(reader.uint16()).toString('utf16le')
  reader.bytes(8)
  const parts: Buffer[] = []
  for (let length = reader.uint32(); length > 0; length = reader.uint32()) parts.push(reader.bytes(length))
  return Buffer.concat(parts).toString('utf16le')
}

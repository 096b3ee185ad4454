/**
 * The tokens of which TDS makes its answers: what happened, what changed, and one row of one column.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/67b6113c-d722-40d6-9e8d-7c6b3d3bd3f4
 * @module
 */

import { SERVER_VERSION } from './prelogin.ts'
import type { SqlError } from './sql-error.ts'
import { PACKET_BYTES } from './tds-packet.ts'

const TOKEN = {
  columns: 0x81,
  error: 0xaa,
  loginAck: 0xad,
  featureAck: 0xae,
  row: 0xd1,
  change: 0xe3,
  authority: 0xee,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
  returnStatus: 0x79,
} as const

/** What a change is of. */
const CHANGE = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begun: 8,
  committed: 9,
  rolledBack: 10,
  reset: 18,
} as const

/** A session has one transaction at most. */
const TRANSACTION = Buffer.of(1, 0, 0, 0, 0, 0, 0, 0)

/** How a statement ended; `more` is to follow. */
const DONE = { well: 0, more: 0x01, failed: 0x02, counted: 0x10, cancelled: 0x20 } as const

/** Versions of TDS: one in whose packets TLS is, and one within TLS. */
const TDS_7_4 = 0x74000004
const TDS_8 = 0x08000000

/** SQL_Latin1_General_CP1_CI_AS, the usual one. */
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])

/** A value of no bytes. */
const NOTHING: Buffer = Buffer.of(0)

const SERVER_NAME = 'landfast'
const PROGRAM_NAME = 'Microsoft SQL Server'

const TYPE = { integer: 0x26, text: 0xe7 } as const
const INTEGER_BYTES = 4
const TEXT_MAX_BYTES = 8000

/** What is said at the end of a sign-in. */
export function formatSignedIn({ version, database }: { version: number; database: string }): Buffer {
  const size = String(PACKET_BYTES)
  return Buffer.concat([
    formatTextChange(CHANGE.database, database),
    formatChange(CHANGE.collation, shortBytes(COLLATION)),
    formatTextChange(CHANGE.language, 'us_english'),
    formatLoginAck(version === TDS_8 ? TDS_8 : TDS_7_4),
    formatTextChange(CHANGE.packetSize, size),
    Buffer.from([TOKEN.featureAck, 0x02, 0, 0, 0, 0, 0xff]),
    formatDone(),
  ])
}

/** Tells a client where to ask for a token, and for what. */
export function formatAuthority(authority: string, audience: string): Buffer {
  const texts = [authority, audience].map((text) => Buffer.from(text, 'utf16le'))
  const table = Buffer.alloc(4 + texts.length * 9)
  table.writeUInt32LE(texts.length)
  let offset = table.length
  texts.forEach((text, index) => {
    table.writeUInt8(index + 1, 4 + index * 9)
    table.writeUInt32LE(text.length, 5 + index * 9)
    table.writeUInt32LE(offset, 9 + index * 9)
    offset += text.length
  })
  return Buffer.concat([Buffer.from([TOKEN.authority]), uint32(offset), table, ...texts])
}

/** Tells that the session is as new. */
export function formatReset(): Buffer {
  return formatChange(CHANGE.reset, NOTHING)
}

/** Tells what happened to the transaction of the session. */
export function formatTransaction(event: 'begun' | 'committed' | 'rolledBack'): Buffer {
  const name = shortBytes(TRANSACTION)
  const [now, before] = event === 'begun' ? [name, NOTHING] : [NOTHING, name]
  return formatChange(CHANGE[event], now, before)
}

/** An error, and that the statement has failed by it. */
export function formatError({ number, state, severity, message }: SqlError): Buffer {
  const text = Buffer.from(message, 'utf16le')
  const body = Buffer.concat([
    uint32(number),
    Buffer.of(state, severity),
    uint16(message.length),
    text,
    shortText(SERVER_NAME),
    shortText(''),
    uint32(1),
  ])
  return Buffer.concat([sized(TOKEN.error, body), done(TOKEN.done, DONE.failed)])
}

/** All is done that was asked for. */
export function formatDone(): Buffer {
  return done(TOKEN.done, DONE.well)
}

/** A statement is done that was called by a procedure, and so is that one. */
export function formatCallDone(): Buffer {
  return Buffer.concat([Buffer.of(TOKEN.returnStatus), uint32(0), done(TOKEN.doneProcedure, DONE.well)])
}

/** What was under way is cancelled. */
export function formatCancelled(): Buffer {
  return done(TOKEN.done, DONE.cancelled)
}

/** One row of one column, given by a batch or, `inCall`, by a statement that a procedure called. */
export function formatValue(name: string, value: number | string, inCall: boolean): Buffer {
  const [type, cell] = typeof value === 'number' ? integer(value) : text(value)
  const columns = [Buffer.of(TOKEN.columns), uint16(1), uint32(0), uint16(0), type, shortText(name)]
  const end = inCall
    ? [done(TOKEN.doneInProcedure, DONE.counted | DONE.more, 1), formatCallDone()]
    : [done(TOKEN.done, DONE.counted, 1)]
  return Buffer.concat([...columns, Buffer.of(TOKEN.row), cell, ...end])
}

function integer(value: number): [type: Buffer, cell: Buffer] {
  const cell = Buffer.of(INTEGER_BYTES, 0, 0, 0, 0)
  cell.writeInt32LE(value, 1)
  return [Buffer.of(TYPE.integer, INTEGER_BYTES), cell]
}

function text(value: string): [type: Buffer, cell: Buffer] {
  const bytes = Buffer.from(value, 'utf16le').subarray(0, TEXT_MAX_BYTES)
  const type = Buffer.concat([Buffer.of(TYPE.text), uint16(TEXT_MAX_BYTES), COLLATION])
  return [type, Buffer.concat([uint16(bytes.length), bytes])]
}

function formatLoginAck(version: number): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(version)
  const program = shortText(PROGRAM_NAME)
  return sized(TOKEN.loginAck, Buffer.concat([Buffer.of(1), number, program, Buffer.from(SERVER_VERSION)]))
}

function formatTextChange(kind: number, value: string): Buffer {
  return formatChange(kind, shortText(value))
}

/** What was before is mostly not told. */
function formatChange(kind: number, now: Buffer, before = NOTHING): Buffer {
  return sized(TOKEN.change, Buffer.concat([Buffer.of(kind), now, before]))
}

function done(token: number, status: number, count = 0): Buffer {
  const bytes = Buffer.alloc(13)
  bytes.writeUInt8(token)
  bytes.writeUInt16LE(status, 1)
  bytes.writeUInt32LE(count, 5)
  return bytes
}

function sized(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(token), uint16(body.length), body])
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'utf16le')])
}

function shortBytes(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

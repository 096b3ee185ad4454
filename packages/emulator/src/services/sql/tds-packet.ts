/**
 * The packets of TDS: a head of eight bytes, and a part of a message.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/e5ea8520-1ea3-4a75-a2a9-c17e63e9ee19
 * @module
 */

import { SqlError } from './sql-error.ts'

/** What a message is, by the first byte of its packets. */
export const MESSAGE = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  token: 0x08,
  transaction: 0x0e,
  login: 0x10,
  prelogin: 0x12,
} as const

/** The bytes of a packet's head. */
export const HEAD_BYTES = 8

/** The longest packet that is sent; every client takes it. */
export const PACKET_BYTES = 4096

const LAST = 0x01
/** The session is to be as new, with its transaction or without. */
const RESET = 0x08 | 0x10

/** What a packet says of itself. */
export interface PacketHead {
  type: number
  /** Of the bytes that follow the head. */
  length: number
  isLast: boolean
  isReset: boolean
}

/** Reads a head. @throws {SqlError} `stream_malformed` for a packet that is shorter than its head. */
export function parseHead(bytes: Buffer): PacketHead {
  const [type = 0, status = 0] = bytes
  const length = bytes.readUInt16BE(2) - HEAD_BYTES
  if (length < 0) throw new SqlError('stream_malformed', 'a packet is shorter than its head')
  return { type, length, isLast: (status & LAST) !== 0, isReset: (status & RESET) !== 0 }
}

/** The packets of one message. */
export function formatMessage(type: number, body: Buffer): Buffer {
  const room = PACKET_BYTES - HEAD_BYTES
  const count = Math.max(1, Math.ceil(body.length / room))
  const packets = Array.from({ length: count }, (_, index) => {
    const part = body.subarray(index * room, (index + 1) * room)
    const head = Buffer.from([type, index === count - 1 ? LAST : 0, 0, 0, 0, 0, (index + 1) & 0xff, 0])
    head.writeUInt16BE(HEAD_BYTES + part.length, 2)
    return [head, part]
  })
  return Buffer.concat(packets.flat())
}

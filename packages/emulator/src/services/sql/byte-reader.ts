/**
 * Reads the fields of a TDS message one after the other, and none beyond its end.
 *
 * @module
 */

import { SqlError } from './sql-error.ts'

/** A place in the bytes of a message. */
export class ByteReader {
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
    this.#check(0)
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  uint8(): number {
    return this.bytes(1).readUInt8()
  }

  uint16(): number {
    return this.bytes(2).readUInt16LE()
  }

  uint16BigEndian(): number {
    return this.bytes(2).readUInt16BE()
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE()
  }

  /** Text of so many characters, as TDS has all text. */
  text(characters: number): string {
    return this.bytes(characters * 2).toString('utf16le')
  }

  /** @throws {SqlError} `stream_malformed` if there are not as many. */
  bytes(count: number): Buffer {
    this.#check(count)
    const start = this.#offset
    this.#offset += count
    return this.#bytes.subarray(start, this.#offset)
  }

  /** All that is left. */
  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#offset)
  }

  #check(count: number): void {
    if (this.#offset + count > this.#bytes.length)
      throw new SqlError('stream_malformed', 'a length or an offset points beyond the end of its message')
  }
}

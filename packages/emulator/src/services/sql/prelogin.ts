/**
 * The first message of TDS on each side, by which they agree on encryption and on tokens.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868
 * @module
 */

import { ByteReader } from './byte-reader.ts'

const OPTION = { version: 0, encryption: 1, instance: 2, thread: 3, mars: 4, tokenRequired: 6 } as const
const END = 0xff

/** What each side says of encryption. */
const ENCRYPTION = { off: 0, on: 1, notSupported: 2, required: 3 } as const

/** The version of Azure SQL Database, of which drivers look at the first number. */
export const SERVER_VERSION = [12, 0, 0x17, 0x70] as const

/** What a client says first. */
export interface Prelogin {
  /** Whether it wants encryption, would rather do without, or cannot. */
  encryption: 'on' | 'off' | 'notSupported'
  /** Whether it asks if tokens are taken. */
  asksForToken: boolean
}

/** Reads a client's. @throws {SqlError} `stream_malformed`. */
export function parsePrelogin(body: Buffer): Prelogin {
  const options = new Map<number, Buffer>()
  const reader = new ByteReader(body)
  for (let option = reader.uint8(); option !== END; option = reader.uint8()) {
    const offset = reader.uint16BigEndian()
    options.set(option, new ByteReader(body, offset).bytes(reader.uint16BigEndian()))
  }
  return {
    encryption: readWish(options.get(OPTION.encryption)?.[0]),
    asksForToken: options.get(OPTION.tokenRequired)?.[0] === 1,
  }
}

function readWish(encryption: number | undefined): Prelogin['encryption'] {
  if (encryption === ENCRYPTION.notSupported) return 'notSupported'
  return encryption === ENCRYPTION.off ? 'off' : 'on'
}

/** The answer: all is to be encrypted, unless it is already, and tokens are taken. */
export function formatPrelogin({ asksForToken, encryption }: Prelogin, isEncrypted: boolean): Buffer {
  const whereNot = encryption === 'on' ? ENCRYPTION.on : ENCRYPTION.required
  const options: [number, readonly number[]][] = [
    [OPTION.version, [...SERVER_VERSION, 0, 0]],
    [OPTION.encryption, [isEncrypted ? ENCRYPTION.notSupported : whereNot]],
    [OPTION.instance, [0]],
    [OPTION.thread, []],
    [OPTION.mars, [0]],
  ]
  if (asksForToken) options.push([OPTION.tokenRequired, [1]])
  const table = Buffer.alloc(options.length * 5 + 1, END)
  let offset = table.length
  options.forEach(([option, data], index) => {
    table.writeUInt8(option, index * 5)
    table.writeUInt16BE(offset, index * 5 + 1)
    table.writeUInt16BE(data.length, index * 5 + 3)
    offset += data.length
  })
  return Buffer.concat([table, Buffer.from(options.flatMap(([, data]) => data))])
}

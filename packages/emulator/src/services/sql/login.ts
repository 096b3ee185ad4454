/**
 * A client's sign-in: who it says it is, to which database, and how it brings its token.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/773a62b6-ee89-4c02-9e5e-344882630aac
 * @module
 */

import { ByteReader } from './byte-reader.ts'
import { SqlError } from './sql-error.ts'

/** Where the fields of the message are; each offset is followed by a length. */
const AT = { version: 4, optionFlags3: 27, user: 40, extension: 56, database: 68 } as const

const HAS_EXTENSION = 0x10

const TOKEN_FEATURE = 0x02
const END = 0xff

/** How a token comes: in this message, or in the next one, when the client knows where to ask for it. */
const LIBRARY = { securityToken: 1, askAuthority: 2 } as const

/** What a client says. */
export interface Login {
  /** The version of TDS that it speaks. */
  version: number
  user: string
  database: string
  /** Its token, if it brings one here. */
  token?: string
  /** Whether it brings one when it has been told the authority. */
  asksAuthority: boolean
}

/** Reads it. @throws {SqlError} `stream_malformed`. */
export function parseLogin(body: Buffer): Login {
  const [flags = 0] = new ByteReader(body, AT.optionFlags3).bytes(1)
  return {
    version: new ByteReader(body, AT.version).uint32(),
    user: textAt(body, AT.user),
    database: textAt(body, AT.database),
    ...readToken(flags & HAS_EXTENSION ? featureOf(body) : undefined),
  }
}

/** Reads the token of the message that follows. @throws {SqlError} `stream_malformed`. */
export function parseLaterToken(body: Buffer): string {
  const reader = new ByteReader(body)
  reader.uint32()
  return readText(reader)
}

function textAt(body: Buffer, place: number): string {
  const reader = new ByteReader(body, place)
  return new ByteReader(body, reader.uint16()).text(reader.uint16())
}

/** What the client says of tokens among its features, which are where the extension says. */
function featureOf(body: Buffer): Buffer | undefined {
  const start = new ByteReader(body, new ByteReader(body, AT.extension).uint16()).uint32()
  const reader = new ByteReader(body, start)
  for (let feature = reader.uint8(); feature !== END; feature = reader.uint8()) {
    const data = reader.bytes(reader.uint32())
    if (feature === TOKEN_FEATURE) return data
  }
  return undefined
}

function readToken(feature: Buffer | undefined): Pick<Login, 'token' | 'asksAuthority'> {
  if (feature === undefined) return { asksAuthority: false }
  const reader = new ByteReader(feature)
  const library = reader.uint8() >> 1
  if (library === LIBRARY.askAuthority) return { asksAuthority: true }
  if (library === LIBRARY.securityToken) return { asksAuthority: false, token: readText(reader) }
  throw new SqlError('stream_malformed', `${library} is no library of federated authentication`)
}

function readText(reader: ByteReader): string {
  return reader.bytes(reader.uint32()).toString('utf16le')
}

/**
 * As much of gRPC and Protocol Buffers as SPIRE is asked with.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 * @see https://protobuf.dev/programming-guides/encoding/
 * @module
 */

const LENGTH_DELIMITED = 2
const FIELD_BITS = 3
const GROUP_BITS = 7
const MORE = 0x80

/** A field of text, or of a message within. */
export function field(number: number, value: string | Buffer): Buffer {
  const content = Buffer.from(value)
  return Buffer.concat([varint((number << FIELD_BITS) | LENGTH_DELIMITED), varint(content.length), content])
}

/** A message as it goes over the wire: not compressed, with its length in front. */
export function frame(...fields: readonly Buffer[]): Buffer {
  const message = Buffer.concat(fields)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= MORE; rest >>>= GROUP_BITS) bytes.push((rest & (MORE - 1)) | MORE)
  return Buffer.from([...bytes, rest])
}

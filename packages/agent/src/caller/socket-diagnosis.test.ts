import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatQuestion, parseAnswer, type SocketEnds } from './socket-diagnosis.ts'

const ENDS: SocketEnds = {
  own: { address: '127.0.0.1', port: 43981 },
  other: { address: '127.0.0.1', port: 40342 },
}
const SIX: SocketEnds = { own: { ...ENDS.own, address: '::1' }, other: { ...ENDS.other, address: '::1' } }

/** As Linux 6.18 answered for 127.0.0.1:55366 → 127.0.0.1:45549, up to the attributes, and with the control group 1. */
const HEAD = '64000000140000000700000000000000'
const FOUR =
  '02010000d846b1ed7f0000010000000000000000000000007f000001000000000000000000000000000000000400000000000000'
const REST = '000000000000000000000000e803000020850000'
const GROUP = '0c0015000100000000000000'
const REAL: SocketEnds = {
  own: { address: '127.0.0.1', port: 55366 },
  other: { address: '127.0.0.1', port: 45549 },
}

function answer(changes: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.from(HEAD + FOUR + REST + GROUP, 'hex')
  changes(bytes)
  return bytes
}

test('a question names the two ends, the device and any cookie', () => {
  expect(formatQuestion(ENDS, 1, 7).toString('hex')).toBe(
    [
      '48000000140001000700000000000000',
      '02063000ffffffff',
      'abcd9d96',
      '7f000001000000000000000000000000',
      '7f000001000000000000000000000000',
      '01000000ffffffffffffffff',
    ].join(''),
  )
  expect(formatQuestion(SIX, 0, 7).subarray(16, 17)[0]).toBe(10)
})

test('an answer tells the state, the user, the inode and the control group', () => {
  expect(parseAnswer(answer(), REAL, 7)).toEqual({
    found: { state: 1, userId: 1000, inode: 34080, controlGroup: 1n },
  })
})

test('an older kernel tells no control group', () => {
  const short = answer((bytes) => bytes.writeUInt32LE(88, 0)).subarray(0, 88)
  expect(parseAnswer(short, REAL, 7)).toMatchObject({ found: { inode: 34080, controlGroup: undefined } })
})

test('an IPv6 socket that is connected to an IPv4 address has it in its other form', () => {
  const mapped = '00000000000000000000ffff7f000001'
  const six = `0a010000d846b1ed${mapped}${mapped}000000000400000000000000`
  expect(parseAnswer(Buffer.from(HEAD + six + REST + GROUP, 'hex'), REAL, 7)).toMatchObject({
    found: { userId: 1000 },
  })
})

test.each<[string, (bytes: Buffer) => void]>([
  ['another question', (bytes) => bytes.writeUInt32LE(8, 8)],
  ['another port', (bytes) => bytes.writeUInt16BE(55367, 20)],
  ['another other port, as of the listening socket', (bytes) => bytes.writeUInt16BE(0, 22)],
  ['another address', (bytes) => bytes.writeUInt8(2, 27)],
  ['another other address', (bytes) => bytes.writeUInt8(2, 43)],
  ['another family', (bytes) => bytes.writeUInt8(10, 16)],
  ['a family that there is not', (bytes) => bytes.writeUInt8(99, 16)],
  ['another kind of message', (bytes) => bytes.writeUInt16LE(21, 4)],
  ['more bytes than it has', (bytes) => bytes.writeUInt32LE(4000, 0)],
  ['fewer bytes than it needs', (bytes) => bytes.writeUInt32LE(40, 0)],
])('an answer to %s is none', (_, change) => {
  expect(parseAnswer(answer(change), REAL, 7)).toEqual({ found: undefined, errno: 2 })
})

test('our own end is not taken for the other one', () => {
  expect(parseAnswer(answer(), { own: REAL.other, other: REAL.own }, 7).found).toBeUndefined()
})

test('an error tells its number', () => {
  const error = Buffer.from('240000000200000007000000000000009fffffff', 'hex')
  expect(parseAnswer(error, REAL, 7)).toEqual({ found: undefined, errno: 97 })
})

test('no bytes make it fail', () => {
  const parse = (bytes: Uint8Array) => parseAnswer(Buffer.from(bytes), REAL, 7)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parse(bytes)))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(88), (noise, at) => {
      const bytes = answer()
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - 12 - at)), 12 + at)
      parse(bytes)
    }),
  )
})

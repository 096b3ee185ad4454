/**
 * The form of a question to the kernel about one TCP socket, and of its answer: `sock_diag` over netlink.
 *
 * @see https://man7.org/linux/man-pages/man7/sock_diag.7.html
 * @module
 */

/** One end of a connection as Node gives it. */
export interface SocketAddress {
  /** `127.0.0.1` or `::1`, never mapped. */
  address: string
  port: number
}

/** A socket by its own end and the other one. */
export interface SocketEnds {
  own: SocketAddress
  other: SocketAddress
}

/** What the kernel says of a socket. */
export interface SocketFacts {
  state: number
  userId: number
  /** The number by which `/proc/PID/fd` names the socket; 0 once its process has closed it. */
  inode: number
  /** The control group in which it was made; undefined before Linux 5.9. */
  controlGroup: bigint | undefined
}

/** What became of a question. */
export type SocketAnswer = { found: SocketFacts } | { found: undefined; errno: number }

/** The states of TCP that are asked for here. */
export const TCP_STATE = { established: 1, finWait1: 4, finWait2: 5, closeWait: 8 } as const

/** An answer has about 520 bytes, if everything is asked for. */
export const ANSWER_ROOM = 4096

const [AF_INET, AF_INET6] = [2, 10]
const IPPROTO_TCP = 6
const SOCK_DIAG_BY_FAMILY = 20
const NLM_F_REQUEST = 1
const NLMSG_ERROR = 2
const HEADER_BYTES = 16
const QUESTION_BYTES = 72
/** Where a question holds the ends, and where an answer does. */
const QUESTION_ENDS = 24
const ANSWER_ENDS = HEADER_BYTES + 4
const ENDS_BYTES = 36
const ATTRIBUTES = 88
const CONTROL_GROUP_ATTRIBUTE = 21
/**
 * The kernel adds the control group to an answer that has any of the flags of a type of service: 5 and 6. What belongs to
 * the other flags, all figures of TCP among it, would take it longer than all else.
 */
const TYPE_OF_SERVICE = 0x30
const ENOENT = 2
const [DOT, DIGIT_ZERO] = [0x2e, 0x30]

/** What is the same in every question. No cookie is known: any socket with these ends. */
const QUESTION = Buffer.alloc(QUESTION_BYTES)
QUESTION.writeUInt32LE(QUESTION_BYTES, 0)
QUESTION.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4)
QUESTION.writeUInt16LE(NLM_F_REQUEST, 6)
QUESTION[17] = IPPROTO_TCP
QUESTION[18] = TYPE_OF_SERVICE
QUESTION.fill(0xff, 20, QUESTION_ENDS)
QUESTION.fill(0xff, QUESTION_ENDS + ENDS_BYTES + 4, QUESTION_ENDS + ENDS_BYTES + 12)

/**
 * A question about the socket with these ends, bound to the network device of that index (0: to none). The kernel
 * finds an IPv6 socket that is connected to an IPv4 address by the IPv4 addresses as well.
 */
export function formatQuestion({ own, other }: SocketEnds, device: number, number: number): Buffer {
  const question = Buffer.from(QUESTION)
  question.writeUInt32LE(number, 8)
  question[16] = isIPv6(own.address) ? AF_INET6 : AF_INET
  writeEnds(question, QUESTION_ENDS, { own, other })
  question.writeUInt32LE(device, QUESTION_ENDS + ENDS_BYTES)
  return question
}

/** Written anew for each answer, which is read at once. */
const EXPECTED = Buffer.alloc(ENDS_BYTES)

/**
 * Reads an answer. One about another socket, such as the listening one that the kernel names where it finds none, is an
 * answer that there is none.
 */
export function parseAnswer(answer: Buffer, ends: SocketEnds, number: number): SocketAnswer {
  const none = { found: undefined, errno: ENOENT }
  if (answer.length < HEADER_BYTES + 4 || answer.readUInt32LE(8) !== number) return none
  const length = answer.readUInt32LE(0)
  const type = answer.readUInt16LE(4)
  if (type === NLMSG_ERROR) return { found: undefined, errno: -answer.readInt32LE(HEADER_BYTES) }
  if (type !== SOCK_DIAG_BY_FAMILY || length < ATTRIBUTES || length > answer.length) return none
  if (!isAbout(answer, ends)) return none
  return {
    found: {
      state: answer.readUInt8(HEADER_BYTES + 1),
      userId: answer.readUInt32LE(80),
      inode: answer.readUInt32LE(84),
      controlGroup: controlGroupIn(answer.subarray(ATTRIBUTES, length)),
    },
  }
}

function isAbout(answer: Buffer, ends: SocketEnds): boolean {
  const family = answer[HEADER_BYTES]
  if (family !== AF_INET && family !== AF_INET6) return false
  if (family === AF_INET && isIPv6(ends.own.address)) return false
  writeEnds(EXPECTED.fill(0), 0, ends, family === AF_INET6)
  return EXPECTED.compare(answer, ANSWER_ENDS, ANSWER_ENDS + ENDS_BYTES) === 0
}

function controlGroupIn(attributes: Buffer): bigint | undefined {
  for (let at = 0; at + 4 <= attributes.length; ) {
    const length = attributes.readUInt16LE(at)
    if (length < 4) return undefined
    if (attributes.readUInt16LE(at + 2) === CONTROL_GROUP_ATTRIBUTE && length >= 12) {
      return at + 12 <= attributes.length ? attributes.readBigUInt64LE(at + 4) : undefined
    }
    at += (length + 3) & ~3
  }
  return undefined
}

function isIPv6(address: string): boolean {
  return address.includes(':')
}

/** Writes ports and addresses into bytes that are zero; `isMapped`: IPv4 addresses as those of an IPv6 socket. */
function writeEnds(bytes: Buffer, at: number, { own, other }: SocketEnds, isMapped = false): void {
  bytes.writeUInt16BE(own.port, at)
  bytes.writeUInt16BE(other.port, at + 2)
  writeAddress(bytes, own.address, at + 4, isMapped)
  writeAddress(bytes, other.address, at + 20, isMapped)
}

/**
 * Writes an address in network order into 16 bytes that are zero: an IPv4 address into the first four, or, mapped, into
 * the last four.
 *
 * @throws {RangeError} if it is an IPv6 address other than `::1`.
 */
function writeAddress(bytes: Buffer, address: string, at: number, isMapped: boolean): void {
  if (address === '::1') bytes[at + 15] = 1
  else if (isIPv6(address)) throw new RangeError(`not a loopback address: "${address}"`)
  else {
    if (isMapped) bytes.writeUInt16BE(0xffff, at + 10)
    bytes.writeUInt32BE(numberOf(address), at + (isMapped ? 12 : 0))
  }
}

/** Digit by digit: arrays of parts would be garbage for each connection. */
function numberOf(address: string): number {
  let [number, part] = [0, 0]
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at)
    if (code === DOT) {
      number = number * 256 + part
      part = 0
    } else part = part * 10 + (code - DIGIT_ZERO)
  }
  return number * 256 + part
}

/**
 * Asks the kernel who owns the other end of a connection: one question about that one socket, which takes microseconds
 * whatever other sockets there are. Where that is not to be had, it is looked up in the table of all sockets.
 *
 * @see docs/decisions/0010-one-question-to-the-kernel.md
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { type Kernel, loadKernel } from '@landfast/server'
import {
  ANSWER_ROOM,
  formatQuestion,
  parseAnswer,
  type SocketAddress,
  type SocketAnswer,
  type SocketEnds,
  type SocketFacts,
  TCP_STATE,
} from './socket-diagnosis.ts'
import { createFindInTable, type FindInTable, readKernelTable } from './socket-table.ts'
import { threadTime } from './thread-time.ts'

/** A connection that we accepted. */
export interface Connection {
  peer: SocketAddress
  local: SocketAddress
  /** The number of our own socket, by which it is known from a later one with the same ends; undefined if it is not known. */
  inode: number | undefined
}

/** The kernel's word on a socket of this host. */
export interface SocketOwner {
  userId: number
  /** The number by which `/proc/PID/fd` names the socket. */
  inode: number
  /** The control group in which it was made, by the kernel's number; undefined if it is not known. */
  controlGroup: bigint | undefined
}

/**
 * The owner of the other end of a connection; undefined if no process of this host's network namespace holds it, which is
 * so for every packet that came from elsewhere.
 *
 * @throws {TableTooLong} if it could not be found out.
 */
export type FindOwner = (connection: Connection) => Promise<SocketOwner | undefined>

/** A process may have said that it sends no more, and still wait for its answer. */
const PEER_STATES: ReadonlySet<number> = new Set([
  TCP_STATE.established,
  TCP_STATE.finWait1,
  TCP_STATE.finWait2,
])

const OWN_STATES: ReadonlySet<number> = new Set([TCP_STATE.established, TCP_STATE.closeWait])

/** A socket that is bound to no device, and one that is bound to loopback, whose index is 1 everywhere. */
const DEVICES = [0, 1]

const ENOENT = 2

/** Says of a socket what the kernel knows, mostly at once; undefined if there is none. */
type Look = (ends: SocketEnds) => SocketFacts | undefined | Promise<SocketFacts | undefined>

/** A finder that asks `kernel`, or looks into the table where that does not answer. */
export function createFindOwner(
  kernel: Kernel | undefined = loadKernel(),
  findInTable: FindInTable = createFindInTable(readKernelTable, {
    processorTime: threadTime,
    rest: setTimeout,
  }),
): FindOwner {
  const ask = kernel && openDiagnosis(kernel)
  const look = ask ? askFirst(ask, findInTable) : findInTable
  return (connection) => findOwner(connection, look)
}

/**
 * Our own end is looked at after the other one. While it is there, its other end can be no socket but the one that was
 * found: without this, a user whose number of a port somebody else takes after him would pass for that one.
 */
async function findOwner({ peer, local, inode }: Connection, look: Look): Promise<SocketOwner | undefined> {
  const looked = look({ own: peer, other: local })
  const found = looked instanceof Promise ? await looked : looked
  // A socket that its process has closed shows inode 0: no process holds it.
  if (!found || !PEER_STATES.has(found.state) || found.inode === 0) return undefined
  const lookedBack = look({ own: local, other: peer })
  const own = lookedBack instanceof Promise ? await lookedBack : lookedBack
  if (!own || !OWN_STATES.has(own.state)) return undefined
  if (inode !== undefined && own.inode !== inode) return undefined
  const { userId, controlGroup } = found
  return { userId, inode: found.inode, controlGroup }
}

/** The kernel's answer about one socket. */
type AskKernel = (ends: SocketEnds) => SocketAnswer

/**
 * A kernel without the module for this question says that there is no such socket, as it does of one that is not there.
 * So it is believed in that once it has found any.
 */
function askFirst(ask: AskKernel, findInTable: FindInTable): Look {
  let hasFound = false
  return (ends) => {
    const answer = ask(ends)
    if (answer.found) hasFound = true
    if (answer.found || (hasFound && answer.errno === ENOENT)) return answer.found
    return findInTable(ends)
  }
}

/** One for a process, however many agents it has started: the socket on which it asks is never closed. */
const diagnoses = new WeakMap<Kernel, AskKernel>()

/** Undefined where this process may not ask, or this kernel does not answer. */
function openDiagnosis(kernel: Kernel): AskKernel | undefined {
  const ask = diagnoses.get(kernel) ?? makeDiagnosis(kernel)
  if (ask) diagnoses.set(kernel, ask)
  return ask
}

function makeDiagnosis(kernel: Kernel): AskKernel | undefined {
  const descriptor = kernel.openDiagnosis()
  if (descriptor < 0) return undefined
  const room = Buffer.alloc(ANSWER_ROOM)
  let number = 0
  const askOnce = (ends: SocketEnds, device: number): SocketAnswer => {
    number = (number + 1) >>> 0
    const length = kernel.ask(descriptor, formatQuestion(ends, device, number), room)
    if (length < 0) return { found: undefined, errno: -length }
    return parseAnswer(room.subarray(0, length), ends, number)
  }
  return (ends) => {
    let answer: SocketAnswer = { found: undefined, errno: ENOENT }
    for (const device of DEVICES) {
      answer = askOnce(ends, device)
      if (answer.found || answer.errno !== ENOENT) return answer
    }
    return answer
  }
}

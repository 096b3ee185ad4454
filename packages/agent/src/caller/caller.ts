/**
 * The caller: which user and which program are at the other end of the connection, by the kernel's word and never a
 * header's.
 *
 * It is asked once a connection: a socket's owner does not change while it lives.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import type { Socket } from 'node:net'
import { VM_ADDRESS, WireError } from '@landfast/protocol'
import { createKernelTables, findSocketOwner, type ReadTable, type SocketOwner } from './kernel-sockets.ts'
import { createFindProgram, type FindProgram, type Program } from './programs.ts'
import { userName } from './user-names.ts'

/** Who is at the other end of a connection. */
export interface Caller {
  /** Undefined only where the system has no such table (macOS, Windows). */
  userId: number | undefined
  /** Undefined where the id has no name. */
  readonly user: string | undefined
  /** Undefined where it cannot be seen. Looked for when it is first read. */
  readonly program: Program | undefined
}

/**
 * Finds the caller of a connection.
 *
 * @throws {WireError} `caller_not_local` if the other end is not a socket of a process on this host.
 */
export type FindCaller = (socket: Socket) => Promise<Caller>

/** A finder that asks the kernel of `platform`. */
export function createFindCaller(
  platform: NodeJS.Platform = process.platform,
  readTable: ReadTable = createKernelTables(),
): FindCaller {
  if (platform !== 'linux') return findLoopbackCaller
  const callers = new WeakMap<Socket, Promise<Caller>>()
  const findProgram = createFindProgram()
  return (socket) => {
    let caller = callers.get(socket)
    if (!caller) {
      caller = findLinuxCaller(socket, readTable, findProgram)
      callers.set(socket, caller)
      caller.catch(() => callers.delete(socket))
    }
    return caller
  }
}

async function findLinuxCaller(
  socket: Socket,
  readTable: ReadTable,
  findProgram: FindProgram,
): Promise<Caller> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (!isOwn(remoteAddress) || !localAddress || !remotePort || !localPort) {
    throw new WireError('caller_not_local')
  }
  const owner = await findSocketOwner(
    { address: remoteAddress, port: remotePort },
    { address: localAddress, port: localPort },
    readTable,
  ).catch((cause) => {
    throw new WireError('caller_not_local', { cause })
  })
  if (!owner) throw new WireError('caller_not_local')
  return new KernelCaller(owner, findProgram)
}

class KernelCaller implements Caller {
  readonly userId: number
  readonly #find: () => Program | undefined
  #user: { name: string | undefined } | undefined
  #program: { found: Program | undefined } | undefined

  constructor(owner: SocketOwner, findProgram: FindProgram) {
    this.userId = owner.userId
    this.#find = () => findProgram(owner)
  }

  get user(): string | undefined {
    this.#user ??= { name: userName(this.userId) }
    return this.#user.name
  }

  get program(): Program | undefined {
    this.#program ??= { found: this.#find() }
    return this.#program.found
  }
}

/** Where the kernel shows no table, it at least lets no packet from elsewhere have a loopback address. */
async function findLoopbackCaller(socket: Socket): Promise<Caller> {
  if (!isLoopback(socket.remoteAddress)) throw new WireError('caller_not_local')
  return { userId: undefined, user: undefined, program: undefined }
}

/** What is asked at the VM style's own address comes from that address as well, if it comes from this host. */
function isOwn(address: string | undefined): address is string {
  return isLoopback(address) || address === VM_ADDRESS
}

function isLoopback(address: string | undefined): address is string {
  return address === '::1' || (address?.startsWith('127.') ?? false)
}

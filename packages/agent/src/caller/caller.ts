/**
 * The caller: which user and which program are at the other end of the connection, by the kernel's word and never a
 * header's.
 *
 * It is asked once a connection: a socket's owner does not change while it lives.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { VM_ADDRESS, WireError } from '@landfast/protocol'
import { isMappedUser } from '@landfast/server'
import { createFindCallerGroups, type FindCallerGroups } from './caller-groups.ts'
import { type Connection, createFindOwner, type FindOwner, type SocketOwner } from './kernel-sockets.ts'
import { createNameService, type NameService } from './name-service.ts'
import type { Program } from './processes.ts'
import { createSocketHolders, type SocketHolders } from './socket-holders.ts'
import { TableTooLong } from './socket-table.ts'

/** Groups of a connection are looked up again after this time: to look costs more than all rules of a policy. */
const GROUPS_GOOD_MS = 1000

/** Who is at the other end of a connection. */
export interface Caller {
  /** Undefined only where the system does not tell (macOS, Windows, a user namespace that the user is no part of). */
  readonly userId: number | undefined
  /** Undefined where the id has no name. */
  readonly user: string | undefined
  /** Undefined where it cannot be seen. */
  readonly program: Program | undefined
  /** The workload that it proved to be, at an endpoint for workloads; of such a caller none of the above is known. */
  readonly workload?: string | undefined
  /** From which address a workload asks. */
  readonly address?: string | undefined
  /** Names and ids of the groups; undefined where they cannot be seen. Looked up when asked for, at most once a second. */
  findGroups(): Promise<readonly string[] | undefined>
}

/**
 * Finds the caller of a connection.
 *
 * @throws {WireError} `caller_not_local` if the other end is not a socket of a process on this host, `caller_unknown`
 * if that could not be found out.
 */
export type FindCaller = (socket: Socket) => Promise<Caller>

/** The user of a connection, once the kernel was asked; the rest of a caller takes longer. */
const USER = Symbol('user')

/**
 * What is known of a connection is kept on its socket: a weak map from sockets costs each collection of garbage its
 * time, and a connection for each token fills one.
 */
type KnownSocket = Socket & { [USER]?: number }

/** The id of the user whose connection it is; undefined if nothing on it had to be known of that yet. */
export function knownUserOf(socket: Socket): number | undefined {
  return (socket as KnownSocket)[USER]
}

/** How a caller is found. */
export interface CallerParts {
  findOwner?: FindOwner
  holders?: SocketHolders
  names?: NameService
}

/** What a caller is made with. */
interface CallerStations {
  findOwner: FindOwner
  holders: SocketHolders
  names: NameService
  findGroups: FindCallerGroups
}

/** A finder that asks the kernel of `platform`. */
export function createFindCaller(
  platform: NodeJS.Platform = process.platform,
  {
    findOwner = createFindOwner(),
    holders = createSocketHolders(),
    names = createNameService(),
  }: CallerParts = {},
): FindCaller {
  if (platform !== 'linux') return findLoopbackCaller
  const stations = { findOwner, holders, names, findGroups: createFindCallerGroups(holders, names) }
  /** Each finder has its own. */
  const found: unique symbol = Symbol('caller')
  return (socket: Socket & { [found]?: Promise<Caller> }) => {
    const known = socket[found]
    if (known) return known
    const caller = findLinuxCaller(socket, stations)
    socket[found] = caller
    caller.catch(() => delete socket[found])
    return caller
  }
}

/** The program is looked for at once: after its answer it may be gone. */
async function findLinuxCaller(socket: KnownSocket, stations: CallerStations): Promise<Caller> {
  const { holders, names, findGroups } = stations
  const owner = await askOwner(connectionOf(socket), stations.findOwner)
  socket[USER] = owner.userId
  const userId = isMappedUser(owner.userId) ? owner.userId : undefined
  const [program, user] = await Promise.all([
    holders.findProgram(owner),
    userId === undefined ? undefined : names.userName(userId),
  ])
  return { userId, user, program, findGroups: remember(() => findGroups(owner)) }
}

/** What `find` finds, for a second. */
function remember<Found>(find: () => Promise<Found>): () => Promise<Found> {
  let former: { found: Promise<Found>; at: number } | undefined
  return () => {
    if (!former || performance.now() - former.at >= GROUPS_GOOD_MS) {
      former = { found: find(), at: performance.now() }
    }
    return former.found
  }
}

async function askOwner(connection: Connection, findOwner: FindOwner): Promise<SocketOwner> {
  let owner: SocketOwner | undefined
  try {
    owner = await findOwner(connection)
  } catch (cause) {
    throw new WireError(cause instanceof TableTooLong ? 'caller_unknown' : 'caller_not_local', { cause })
  }
  if (!owner) throw new WireError('caller_not_local')
  return owner
}

function connectionOf(socket: Socket): Connection {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (!isOwn(remoteAddress) || !localAddress || !remotePort || !localPort) {
    throw new WireError('caller_not_local')
  }
  return {
    peer: { address: remoteAddress, port: remotePort },
    local: { address: localAddress, port: localPort },
    inode: inodeOf(socket),
  }
}

/** The number of our own socket, which no later one with the same ends has. */
function inodeOf(socket: Socket): number | undefined {
  const { fd = -1 } = (socket as { _handle?: { fd?: number } })._handle ?? {}
  return fd < 0 ? undefined : fstatSync(fd).ino
}

/** Where the kernel shows no table, it at least lets no packet from elsewhere have a loopback address. */
async function findLoopbackCaller(socket: Socket): Promise<Caller> {
  if (!isLoopback(socket.remoteAddress)) throw new WireError('caller_not_local')
  return { userId: undefined, user: undefined, program: undefined, findGroups: async () => undefined }
}

/** What is asked at the VM style's own address comes from that address as well, if it comes from this host. */
function isOwn(address: string | undefined): address is string {
  return isLoopback(address) || address === VM_ADDRESS
}

function isLoopback(address: string | undefined): address is string {
  return address === '::1' || (address?.startsWith('127.') ?? false)
}

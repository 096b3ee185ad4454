/**
 * Reads the kernel's table of TCP sockets: which user owns the other end of a connection on this host.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 * @module
 */

import { readFile } from 'node:fs/promises'

/** One end of a connection as Node gives it. */
export interface SocketAddress {
  /** `127.0.0.1` or `::1`, never mapped. */
  address: string
  port: number
}

/** The kernel's word on a socket of this host. */
export interface SocketOwner {
  userId: number
  /** The number by which `/proc/PID/fd` names the socket. */
  inode: number
}

/** The kernel's tables, as `/proc/net` names them. */
export type TableName = 'tcp' | 'tcp6'

/** Reads `/proc/net/tcp` or `/proc/net/tcp6`. */
export type ReadTable = (table: TableName) => Promise<Buffer>

/**
 * Reads the tables of this process's network namespace. Reading costs milliseconds when there are thousands of
 * sockets, so a caller that comes while a read waits to start shares it; a read that runs already is too old.
 */
export function createKernelTables(
  read: ReadTable = (table) => readFile(`/proc/self/net/${table}`),
): ReadTable {
  const running: Partial<Record<TableName, Promise<unknown>>> = {}
  const waiting: Partial<Record<TableName, Promise<Buffer>>> = {}
  return (table) => {
    const shared = waiting[table]
    if (shared) return shared
    const next = (running[table] ?? Promise.resolve()).then(() => {
      delete waiting[table]
      const reading = read(table)
      running[table] = reading.catch(() => {})
      return reading
    })
    waiting[table] = next
    return next
  }
}

/**
 * The owner of the socket at `peer` that is connected to `local`; undefined if this host's tables have no such
 * socket, which is so for every packet that came from elsewhere.
 */
export async function findSocketOwner(
  peer: SocketAddress,
  local: SocketAddress,
  readTable: ReadTable,
): Promise<SocketOwner | undefined> {
  // The kernel writes the table in pieces and may miss a row while others come and go: look twice before a no.
  return (await lookUp(peer, local, readTable)) ?? lookUp(peer, local, readTable)
}

async function lookUp(
  peer: SocketAddress,
  local: SocketAddress,
  readTable: ReadTable,
): Promise<SocketOwner | undefined> {
  const ends = { peer, local }
  if (peer.address.includes(':')) return findRow(await readTable('tcp6'), 'tcp6', ends)
  const own = findRow(await readTable('tcp'), 'tcp', ends)
  // A program may reach 127.0.0.1 by an IPv6 socket, as Java does; the kernel lists that in the other table.
  return own ?? findRow(await readTable('tcp6').catch(() => Buffer.alloc(0)), 'tcp6', ends)
}

function findRow(
  table: Buffer,
  name: TableName,
  ends: { peer: SocketAddress; local: SocketAddress },
): SocketOwner | undefined {
  const needle = `: ${hexOf(ends.peer, name)} ${hexOf(ends.local, name)} `
  const start = table.indexOf(needle, 0, 'latin1')
  if (start < 0) return undefined
  const end = table.indexOf('\n', start)
  return parseRow(table.toString('latin1', start + 2, end < 0 ? table.length : end))
}

/**
 * `local remote state queues timer retransmits uid timeout inode …`. A socket that its process has closed shows
 * inode 0 and user id 0: no process holds it, least of all one of root.
 */
function parseRow(row: string): SocketOwner | undefined {
  const columns = row.trim().split(/\s+/)
  const [userId, inode] = [Number(columns[6]), Number(columns[8])]
  return Number.isInteger(userId) && inode > 0 ? { userId, inode } : undefined
}

function hexOf({ address, port }: SocketAddress, table: TableName): string {
  return `${addressHex(address, table)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * An address as `table` shows it: 32-bit words in the machine's byte order (every machine here is little-endian),
 * in `tcp6` with IPv4 addresses mapped.
 *
 * @throws {RangeError} if `address` is an IPv6 address other than `::1`.
 */
export function addressHex(address: string, table: TableName): string {
  if (address === '::1') return '00000000000000000000000001000000'
  if (address.includes(':')) throw new RangeError(`not a loopback address: "${address}"`)
  const hex = Buffer.from(address.split('.').map(Number)).reverse().toString('hex').toUpperCase()
  return table === 'tcp' ? hex : `0000000000000000FFFF0000${hex}`
}

/**
 * Finds what holds a port that we want: a server, or only an outgoing connection to which the kernel gave the number.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { userName } from '../caller/accounts.ts'
import { addressHex } from '../caller/socket-table.ts'
import { AgentError } from '../errors.ts'

/** The state of a listening socket in the kernel's table. */
const LISTENING = '0A'

/** A socket whose own port is the wanted one. */
export interface PortHolder {
  listening: boolean
  userId: number
}

/** Every address of a family, as the kernel prints it. */
const ANY_ADDRESS = /^0+$/

/**
 * The sockets in a table of the form of `/proc/net/tcp` that keep others from `port` of `address` (as the kernel
 * prints it): those bound to it, and those bound to every address.
 */
export function parsePortHolders(
  table: string,
  { address, port }: { address: string; port: number },
): PortHolder[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => {
      const [own = '', ownPort] = local?.split(':') ?? []
      return ownPort === wanted && (own === address || ANY_ADDRESS.test(own))
    })
    .map(([, , , state, , , , userId]) => ({ listening: state === LISTENING, userId: Number(userId) }))
}

/** The error that names the holder of `port`, as far as the kernel shows it. */
export function describePortHolder(address: string, port: number, cause: unknown): AgentError {
  // A server on every IPv6 address mostly has every IPv4 address with them.
  const tables = address.includes(':') ? (['tcp6'] as const) : (['tcp', 'tcp6'] as const)
  const holders = tables.flatMap((table) => readHolders(table, address, port))
  const server = holders.find((holder) => holder.listening)
  const where = `${address} port ${port}`
  if (!server && holders.length > 0) return new AgentError('port_ephemeral', where, cause)
  const user = server && (userName(server.userId) ?? `id ${server.userId}`)
  return new AgentError('port_taken', user ? `${where}, by a server of user "${user}"` : where, cause)
}

function readHolders(table: 'tcp' | 'tcp6', address: string, port: number): PortHolder[] {
  try {
    const text = readFileSync(`/proc/self/net/${table}`, 'utf8')
    return parsePortHolders(text, { address: addressHex(address, table), port })
  } catch {
    return []
  }
}

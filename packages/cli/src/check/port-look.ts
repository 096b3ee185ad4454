/**
 * Looks at who listens at an address and a port of this host, by the kernel's tables, which every user may read.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 * @module
 */

import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { nameOfUser } from './account-looks.ts'
import { withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'

/** The state of a listening socket. */
const LISTENING = '0A'

/** Loopback's two addresses, at which SDKs ask. */
const LOOPBACK = ['127.0.0.1', '::1']

/** How the kernel prints that a socket has every address, of one table and of the other. */
const EVERY = ['00000000', '0'.repeat(32)]

/** What stands before an IPv4 address that an IPv6 socket has. */
const MAPPED = '0000000000000000FFFF0000'

/** The users whose servers listen at `port` of one of `addresses`. */
export async function lookAtPort(
  port: number,
  addresses: readonly string[] = LOOPBACK,
): Promise<Seen<readonly string[]>> {
  return await withinDeadline<Seen<readonly string[]>>(
    async () => {
      const tables = ['tcp', 'tcp6'].map((name) => readFile(`/proc/self/net/${name}`, 'utf8').catch(() => ''))
      const ids = (await Promise.all(tables)).flatMap((table) => listenersIn(table, port, addresses))
      return { value: await Promise.all([...new Set(ids)].map(nameOfUser)) }
    },
    { late: { unseen: 'the port could not be looked at' }, failed: ({ message }) => ({ unseen: message }) },
  )
}

/** The ids of the users whose sockets listen at `port` in a table of the form of `/proc/net/tcp`. */
export function listenersIn(table: string, port: number, addresses: readonly string[] = LOOPBACK): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const places = new Set([...EVERY, ...addresses.flatMap(printedForms)])
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => {
      const [address = '', own] = local.split(':')
      return own === wanted && state === LISTENING && places.has(address)
    })
    .map(([, , , , , , , userId]) => Number(userId))
}

/** An address as the kernel prints it: words of four bytes, each with the last byte first. */
function printedForms(address: string): string[] {
  if (!isIPv6(address)) {
    const word = wordOf(address.split('.').map(Number))
    return [word, `${MAPPED}${word}`]
  }
  const groups = expanded(address).flatMap((group) => [group >> 8, group & 0xff])
  return [[0, 4, 8, 12].map((start) => wordOf(groups.slice(start, start + 4))).join('')]
}

function wordOf(bytes: readonly number[]): string {
  return Buffer.from(bytes.toReversed()).toString('hex').toUpperCase()
}

/** The eight groups of an address in the form that URLs have. */
function expanded(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groupsOf = (text = '') => text.split(':').filter((group) => group !== '')
  const [first, last] = [groupsOf(head), groupsOf(tail)]
  const middle = Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...middle, ...last].map((group) => Number.parseInt(group, 16))
}

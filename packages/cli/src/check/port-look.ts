/**
 * Looks at who listens at a port of this host's loopback address, by the kernel's tables, which every user may read.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 * @module
 */

import { readFile } from 'node:fs/promises'
import { nameOfUser } from './account-looks.ts'
import { withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'

/** The state of a listening socket. */
const LISTENING = '0A'

/** Loopback, and every address, as the kernel prints them in its two tables. */
const LOCAL = /^(0100007F|0+|0{24}01000000|0{16}FFFF00000100007F)$/

/** The users whose servers listen at `port`. */
export async function lookAtPort(port: number): Promise<Seen<readonly string[]>> {
  return await withinDeadline<Seen<readonly string[]>>(
    async () => {
      const tables = ['tcp', 'tcp6'].map((name) => readFile(`/proc/self/net/${name}`, 'utf8').catch(() => ''))
      const ids = (await Promise.all(tables)).flatMap((table) => listenersIn(table, port))
      return { value: await Promise.all([...new Set(ids)].map(nameOfUser)) }
    },
    { late: { unseen: 'the port could not be looked at' }, failed: ({ message }) => ({ unseen: message }) },
  )
}

/** The ids of the users whose sockets listen at `port` in a table of the form of `/proc/net/tcp`. */
export function listenersIn(table: string, port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => {
      const [address = '', own] = local.split(':')
      return own === wanted && state === LISTENING && LOCAL.test(address)
    })
    .map(([, , , , , , , userId]) => Number(userId))
}

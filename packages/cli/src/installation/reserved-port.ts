/**
 * Keeps the kernel from giving the agent's port away as a source port: until the next boot by itself, since sysctl.d
 * counts from then on. Ports that others reserved stay reserved.
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { ARC_PORT } from '@landfast/protocol'

const RESERVED_PORTS = '/proc/sys/net/ipv4/ip_local_reserved_ports'

/** Reserves the port now. Where that is not permitted, as in a container, the host's own settings count. */
export async function reservePort(): Promise<void> {
  try {
    const list = (await readFile(RESERVED_PORTS, 'utf8')).trim()
    const wanted = withPort(list, ARC_PORT)
    if (wanted !== list) await writeFile(RESERVED_PORTS, wanted)
  } catch {
    // The agent says so where it meets the port taken.
  }
}

/** The list `list`, such as "1000-1010,2000", with `port` in it. */
export function withPort(list: string, port: number): string {
  const isIn = list.split(',').some((range) => {
    const [first = '', last = first] = range.split('-')
    return first !== '' && Number(first) <= port && port <= Number(last)
  })
  if (isIn) return list
  return list === '' ? String(port) : `${list},${port}`
}

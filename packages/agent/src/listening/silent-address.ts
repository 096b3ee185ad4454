/**
 * Keeps this host from answering its neighbours' ARP requests for an address that is for its own programs alone. Linux
 * answers on every interface for every address that it has, so what neighbours send to their own metadata service would
 * come here.
 *
 * @see docs/protocol.md#the-address-of-the-vm-style
 * @see https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html
 * @module
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The settings of each interface, of all of them (`all`), and of those to come (`default`). */
const FOLDER = '/proc/sys/net/ipv4/conf'

/** The kernel answers for every address that it has. */
const ANSWERS_ALL = '0'

/** It answers for none that is of scope "host", and for the others as before. */
const ANSWERS_NO_HOST_SCOPE = '3'

/** It answers on each interface for the addresses of that one. Where loopback is routed, no address counts as of scope "host". */
const ANSWERS_OWN = '1'

/** What quiets the host, for a person who has the right. */
export const SILENCE_COMMAND = 'sysctl -w net.ipv4.conf.all.arp_ignore=1'

/** How the settings of this host are read and written. */
export interface ArpSettings {
  /** The names of the interfaces, with `all` and `default`. */
  names(): readonly string[]
  read(name: string): string
  write(name: string, value: string): void
  /** Whether the kernel routes loopback's addresses like any others (`route_localnet`). */
  routesLoopback(): boolean
}

/** What became of it. */
export interface Silence {
  /** Whether neighbours get no answer any more. */
  isComplete: boolean
  /** Puts back what was changed. */
  undo(): void
}

/**
 * Has no interface answer for addresses of scope "host". Where the operator has chosen how an interface answers, it stays;
 * the kernel goes by the greater of two numbers, that of the interface and that of all.
 */
export function silenceAddress(settings: ArpSettings = SYSTEM): Silence {
  const changed: string[] = []
  const undo = () => {
    for (const name of changed.splice(0)) attempt(() => settings.write(name, ANSWERS_ALL))
  }
  const isComplete = attempt(() => {
    if (settings.read('all') !== ANSWERS_ALL) return
    const quiet = settings.routesLoopback() ? ANSWERS_OWN : ANSWERS_NO_HOST_SCOPE
    for (const name of settings.names()) {
      if (name === 'all' || name === 'lo' || settings.read(name) !== ANSWERS_ALL) continue
      settings.write(name, quiet)
      changed.push(name)
    }
  })
  return { isComplete, undo }
}

function attempt(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}

function read(name: string, setting: string): string {
  return readFileSync(join(FOLDER, name, setting), 'utf8').trim()
}

const SYSTEM: ArpSettings = {
  names: () => readdirSync(FOLDER),
  read: (name) => read(name, 'arp_ignore'),
  routesLoopback: () => ['all', 'lo'].some((name) => read(name, 'route_localnet') !== '0'),
  write: (name, value) => writeFileSync(join(FOLDER, name, 'arp_ignore'), value),
}

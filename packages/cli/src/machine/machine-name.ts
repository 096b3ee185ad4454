/**
 * The name of a machine at its control plane if nobody gives one: the host's, where that is a name for one machine.
 *
 * @module
 */

import { isIP } from 'node:net'
import { CliError } from '../cli-error.ts'

/** A machine's name has no more characters at Azure. */
const NAME_MAX_CHARACTERS = 54

/** What Azure permits. */
const NAME = /^[A-Za-z0-9_.-]+$/

/** What a host is called that nobody named; "(none)" is the kernel's. */
const NAMELESS = /^(localhost[46]?(\..*)?|ip6-(localhost|loopback)|\(none\)|)$/i

/** `host` as a name that a machine may have, for one that no other machine meets. */
export function machineName(host: string): string {
  const name = host.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, NAME_MAX_CHARACTERS)
  return name || 'machine'
}

/**
 * `host` itself, as the name of a machine among others: changed or cut it could be that of a second host.
 *
 * @throws {CliError} `argument_missing` if the machine needs a name of its own.
 */
export function ownNameOf(host: string): string {
  const reason = whyNoName(host)
  if (reason === undefined) return host
  throw new CliError('argument_missing', {
    detail: `this host is called "${host}", which ${reason}`,
    hints: ['name the machine, in its group the only one of that name: --resource-name NAME'],
  })
}

function whyNoName(host: string): string | undefined {
  if (NAMELESS.test(host)) return 'many hosts are'
  if (isIP(host)) return 'is an address and no name'
  if (host.length > NAME_MAX_CHARACTERS) return `has more than ${NAME_MAX_CHARACTERS} characters`
  if (!NAME.test(host)) return 'has other characters than letters, digits and "_.-"'
  return undefined
}

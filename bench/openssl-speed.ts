/**
 * The yardstick: signatures a second that OpenSSL itself makes on one processor.
 *
 * @see https://docs.openssl.org/3.0/man1/openssl-speed/
 * @module
 */

import { execFileSync } from 'node:child_process'

/** Signatures a second with an RSA key of 2048 bits, on the processor that is named, counted for whole seconds. */
export function opensslSignsPerSecond(processor: number, seconds: number): number {
  const whole = String(Math.ceil(seconds))
  const args = ['-c', String(processor), 'openssl', 'speed', '-mr', '-seconds', whole, 'rsa2048']
  const output = execFileSync('taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  // A line of the last table: "+F2:", its row, the bits, and how many signatures and verifications a second.
  const [, rate] = /^\+F2:\d+:2048:([\d.]+):/m.exec(output) ?? []
  if (rate === undefined) throw new Error('"openssl speed" printed no line of RSA 2048')
  return Number(rate)
}

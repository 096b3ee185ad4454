/**
 * All that is outside of this client: the environment, the clock, and where the platform has its files.
 *
 * @module
 */

import { VM_ADDRESS } from '@landfast/protocol'
import { type ArcPlaces, arcPlaces } from './challenge/arc-places.ts'
import { Pauses } from './http/pauses.ts'
import { TokenCache } from './tokens/token-cache.ts'

/** What surrounds a credential. */
export interface Surroundings extends ArcPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds by a clock that nobody sets. */
  monotonic(): number
  wait(milliseconds: number): Promise<void>
  /** What `waited` brings. A pause that nobody holds does not keep the process alive. */
  hold<T>(waited: Promise<T>): Promise<T>
  /** The metadata service of a virtual machine: scheme and host. */
  readonly vmOrigin: string
  /** Certificates, PEM, that are trusted beside the usual ones. */
  readonly ca?: string | undefined
  /** Shared by all credentials of a process. */
  readonly cache: TokenCache
}

let system: Surroundings | undefined

/** Those of this process. */
export function systemSurroundings(): Surroundings {
  system ??= makeSystem()
  return system
}

function makeSystem(): Surroundings {
  const pauses = new Pauses()
  return {
    env: process.env,
    platform: process.platform,
    now: Date.now,
    monotonic: monotonicMs,
    wait: (milliseconds) => pauses.wait(milliseconds),
    hold: (waited) => pauses.hold(waited),
    ...arcPlaces(process.platform, process.env),
    vmOrigin: `http://${VM_ADDRESS}`,
    cache: new TokenCache(),
  }
}

/** Not `performance.now()`, whose first use loads nine modules of Node. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

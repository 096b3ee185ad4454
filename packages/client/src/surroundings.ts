/**
 * All that is outside of this client: the environment, the clock, and where the platform has its files.
 *
 * @module
 */

import { VM_ADDRESS } from '@landfast/protocol'
import { type ArcPlaces, arcPlaces } from './challenge/arc-places.ts'
import { TokenCache } from './tokens/token-cache.ts'

/** What surrounds a credential. */
export interface Surroundings extends ArcPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** Milliseconds since 1970. */
  now(): number
  wait(milliseconds: number): Promise<void>
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
  system ??= {
    env: process.env,
    platform: process.platform,
    now: Date.now,
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    ...arcPlaces(process.platform, process.env),
    vmOrigin: `http://${VM_ADDRESS}`,
    cache: new TokenCache(),
  }
  return system
}

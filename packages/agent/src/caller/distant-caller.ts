/**
 * A caller that is no process which this host can see: it has a network of its own, and is known by its address alone.
 *
 * @module
 */

import type { Caller } from './caller.ts'

/** The one at `address`; `workload` is what it proved to be. */
export function distantCaller(address: string, workload?: string): Caller {
  return {
    userId: undefined,
    user: undefined,
    program: undefined,
    workload,
    address,
    findGroups: async () => undefined,
  }
}

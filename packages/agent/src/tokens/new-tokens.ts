/**
 * How many new tokens one user or workload may have the agent ask for. An authority throttles the machine as a whole, so who
 * invents audiences would have it refuse everybody's.
 *
 * @see docs/security.md#floods
 * @module
 */

import type { Identity } from '@landfast/protocol'
import { BucketLimit } from '@landfast/server'

/** Entra ID names no bound, and goes on to throttle who comes near it; a control plane has `caller-rate`. */
const SIZES = {
  entra: { burst: 100, perSecond: 0.2 },
  'control-plane': { burst: 500, perSecond: 20 },
} as const

type Named = Pick<Identity, 'authority'>

/** Whose business tokens of the identity are. */
export function authorityOf({ authority }: Named): keyof typeof SIZES {
  return authority ?? 'control-plane'
}

/** Counts the requests upstream of each sharer, at each authority. */
export class NewTokens {
  readonly #limits = {
    entra: new BucketLimit(SIZES.entra),
    'control-plane': new BucketLimit(SIZES['control-plane']),
  }
  readonly #exempt: string
  readonly #monotonic: () => number

  /** `exempt` is the agent itself, which asks for what its settings name. */
  constructor(exempt: string, monotonic: () => number) {
    this.#exempt = exempt
    this.#monotonic = monotonic
  }

  /** How many seconds `sharer` has to wait before the next one; 0 if it need not. */
  waitSeconds(identity: Named, sharer: string): number {
    if (sharer === this.#exempt) return 0
    return this.#limits[authorityOf(identity)].waitSeconds(sharer, this.#monotonic())
  }

  /** Counts one. */
  take(identity: Named, sharer: string): void {
    if (sharer !== this.#exempt) this.#limits[authorityOf(identity)].take(sharer, this.#monotonic())
  }
}

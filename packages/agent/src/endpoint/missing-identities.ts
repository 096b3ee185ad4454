/**
 * Which identities programs of this host selected lately that the machine does not have: the answer to "why has this machine no
 * token" where a program is set up for another machine, or where nobody assigned the identity.
 *
 * @see docs/onboarding.md#health
 * @module
 */

import type { Selector } from '@landfast/protocol'

/** What nobody has asked for again for this long is told no more. */
const RECENT_MS = 3_600_000

/** So many are kept, the first ones: a program that invents selectors neither fills the health nor changes it all the time. */
const KEPT_MAX = 3

/** An identity that was selected in vain. */
export interface MissingIdentity {
  readonly selector: Selector
  /** Milliseconds since 1970. */
  readonly since: number
}

/** Remembers them. */
export class MissingIdentities {
  readonly #now: () => number
  readonly #kept = new Map<string, MissingIdentity & { at: number }>()

  /** @param now milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  note(selector: Selector): void {
    const now = this.#now()
    this.#forget(({ at }) => !isRecent(at, now))
    const key = `${selector.name} ${selector.value.toLowerCase()}`
    const since = this.#kept.get(key)?.since ?? now
    if (this.#kept.has(key) || this.#kept.size < KEPT_MAX) this.#kept.set(key, { selector, since, at: now })
  }

  /** Those that the machine still does not have, as `has` knows, and that were asked for within the hour. */
  faults(has: (selector: Selector) => boolean): readonly MissingIdentity[] {
    const now = this.#now()
    this.#forget(({ selector, at }) => !isRecent(at, now) || has(selector))
    return [...this.#kept.values()]
  }

  #forget(isOver: (one: MissingIdentity & { at: number }) => boolean): void {
    for (const [key, one] of this.#kept) if (isOver(one)) this.#kept.delete(key)
  }
}

/** A clock that was set back keeps nothing for longer than the hour. */
function isRecent(at: number, now: number): boolean {
  return Math.abs(now - at) < RECENT_MS
}

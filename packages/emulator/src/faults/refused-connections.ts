/**
 * Connections that are refused for a time: the endpoint has no address meanwhile, however many faults want that at once.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'

/** Takes the addresses away, and gives what has them again. */
export type Suspend = () => Promise<() => Promise<void>>

/** One time of refusal. */
interface Refusal {
  cancel: AbortController
  over: Promise<void>
}

/** Every refusal of one endpoint. */
export class RefusedConnections {
  readonly #suspend: Suspend
  readonly #refusals = new Set<Refusal>()
  /** One change of the addresses comes after the other. */
  #turn: Promise<void> = Promise.resolve()
  #resume: (() => Promise<void>) | undefined

  constructor(suspend: Suspend) {
    this.#suspend = suspend
  }

  /** Resolves once connections are refused; the function that it gives ends that, and resolves when they are taken again. */
  async refuse(seconds: number): Promise<() => Promise<void>> {
    const cancel = new AbortController()
    const begun = Promise.withResolvers<void>()
    const over = begun.promise
      .then(() => pause(seconds * 1000, undefined, { signal: cancel.signal }).catch(() => {}))
      .then(() => this.#end(refusal))
    over.catch(() => {})
    const refusal: Refusal = { cancel, over }
    this.#refusals.add(refusal)
    await this.#change()
    begun.resolve()
    return () => {
      cancel.abort()
      return over
    }
  }

  /** Ends all of them. Resolves when connections are taken again. */
  async clear(): Promise<void> {
    for (const { cancel } of this.#refusals) cancel.abort()
    await Promise.all([...this.#refusals].map(({ over }) => over))
  }

  async #end(refusal: Refusal): Promise<void> {
    this.#refusals.delete(refusal)
    await this.#change()
  }

  /** Has the addresses, or has none, as the refusals that there are then want it. */
  #change(): Promise<void> {
    this.#turn = this.#turn
      .catch(() => {})
      .then(async () => {
        const isRefusing = this.#refusals.size > 0
        if (isRefusing && !this.#resume) this.#resume = await this.#suspend()
        if (isRefusing || !this.#resume) return
        const resume = this.#resume
        this.#resume = undefined
        await resume()
      })
    return this.#turn
  }
}

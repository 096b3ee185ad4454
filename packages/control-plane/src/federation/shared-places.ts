/**
 * Places that many share fairly: however many one of them wants, it has a few at once, so that the rest is free for the others.
 *
 * @module
 */

/** How many places there are. */
export interface PlaceCount {
  total: number
  /** How many one sharer may have at once. */
  each: number
}

/** The places. */
export class SharedPlaces {
  readonly #count: PlaceCount
  readonly #taken = new Map<string, number>()
  #free: number

  constructor(count: PlaceCount) {
    this.#count = count
    this.#free = count.total
  }

  /** Takes a place for `sharer`; calling what it returns gives it back. Undefined if there is none for it. */
  take(sharer: string): (() => void) | undefined {
    const taken = this.#taken.get(sharer) ?? 0
    if (this.#free === 0 || taken >= this.#count.each) return undefined
    this.#free -= 1
    this.#taken.set(sharer, taken + 1)
    return () => this.#giveBack(sharer)
  }

  #giveBack(sharer: string): void {
    const left = (this.#taken.get(sharer) ?? 0) - 1
    this.#free += 1
    if (left > 0) this.#taken.set(sharer, left)
    else this.#taken.delete(sharer)
  }
}

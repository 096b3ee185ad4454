/**
 * What is remembered of issuers: of so many in all, and where there are more, that one is forgotten first which was longest
 * not needed among those of whoever has most. So nobody's many issuers push out the few of another.
 *
 * @module
 */

interface Remembered<Issuer> {
  issuer: Issuer
  /** Who needed it last. */
  sharer: string
}

/** Issuers by their names, in the order in which they were last needed. */
export class RecentIssuers<Issuer> {
  readonly #max: number
  readonly #make: () => Issuer
  readonly #remembered = new Map<string, Remembered<Issuer>>()

  /** One that remembers `max`; what is not known yet begins as `make` makes it. */
  constructor(max: number, make: () => Issuer) {
    this.#max = max
    this.#make = make
  }

  /** What is known of the issuer `name`, which `sharer` needs now. */
  take(name: string, sharer: string): Issuer {
    const { issuer } = this.#remembered.get(name) ?? { issuer: this.#make() }
    this.#remembered.delete(name)
    this.#remembered.set(name, { issuer, sharer })
    if (this.#remembered.size > this.#max) this.#forgetOne()
    return issuer
  }

  #forgetOne(): void {
    const sharers = Map.groupBy(this.#remembered, ([, { sharer }]) => sharer)
    const [largest] = [...sharers.values()].sort((one, other) => other.length - one.length)
    const [oldest] = largest?.[0] ?? []
    if (oldest !== undefined) this.#remembered.delete(oldest)
  }
}

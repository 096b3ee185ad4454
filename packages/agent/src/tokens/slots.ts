/**
 * A bound on how many things happen at once. None of those who share it has all of it, and whoever has least is next: who
 * wants very many keeps nobody else waiting for more than a turn.
 *
 * @module
 */

/** How many slots there are. */
export interface SlotCount {
  total: number
  /** How many one sharer may have at once. */
  each: number
}

interface Waiting {
  taken: number
  starts: (() => void)[]
}

/** Runs at most so many jobs at once. */
export class Slots {
  readonly #count: SlotCount
  /** In the order in which they came. */
  readonly #sharers = new Map<string, Waiting>()
  #free: number

  constructor(count: SlotCount) {
    this.#count = count
    this.#free = count.total
  }

  /** The result of `job`, which starts when a slot is free for `sharer`. */
  async run<T>(sharer: string, job: () => Promise<T>): Promise<T> {
    const turn = this.#enter(sharer)
    if (turn) await turn
    try {
      return await job()
    } finally {
      this.#leave(sharer)
    }
  }

  #enter(sharer: string): Promise<void> | undefined {
    const waiting = this.#sharers.get(sharer) ?? { taken: 0, starts: [] }
    this.#sharers.set(sharer, waiting)
    if (this.#free > 0 && waiting.taken < this.#count.each) {
      this.#take(waiting)
      return undefined
    }
    return new Promise((resolve) => waiting.starts.push(resolve))
  }

  #take(waiting: Waiting): void {
    this.#free -= 1
    waiting.taken += 1
  }

  #leave(sharer: string): void {
    const own = this.#sharers.get(sharer)
    this.#free += 1
    if (own) {
      own.taken -= 1
      if (own.taken === 0 && own.starts.length === 0) this.#sharers.delete(sharer)
    }
    this.#startNext()
  }

  /** Of those who wait, whoever has least; among equals, whoever came first. */
  #startNext(): void {
    const waiting = [...this.#sharers.values()].filter(
      ({ starts, taken }) => starts.length > 0 && taken < this.#count.each,
    )
    const [next] = waiting.sort((one, other) => one.taken - other.taken)
    if (!next) return
    this.#take(next)
    next.starts.shift()?.()
  }
}

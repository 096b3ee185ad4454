/**
 * Long work in short turns: whoever has little to do does not wait for who has much, nor does the agent's other work.
 *
 * @module
 */

import { setImmediate } from 'node:timers/promises'
import { threadTime } from './thread-time.ts'

/** Work that yields where it may be interrupted, and returns its result. */
export type Work<Result> = Generator<void, Result>

/** How long work may take, in milliseconds that this thread runs. */
export interface TurnLimits {
  /** At once. */
  turn: number
  /** Altogether: beyond it, work is given up. */
  whole: number
}

interface Waiting {
  advance: () => boolean
  spent: number
  giveUp: () => void
}

/** Takes the work of each owner in the order in which it came, and the owners in turn. */
export class Turns {
  readonly #limits: TurnLimits
  readonly #processorTime: () => number
  /** By their owners. A map keeps the order, so that who had a turn goes to its end. */
  readonly #waiting = new Map<number, Waiting[]>()
  #isRunning = false

  constructor(limits: TurnLimits, processorTime: () => number = threadTime) {
    this.#limits = limits
    this.#processorTime = processorTime
  }

  /** Does the work; undefined if it was given up. Where nothing else waits, its first turn is at once. */
  do<Result>(owner: number, work: Work<Result>): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      const advance = (): boolean => {
        try {
          const { done, value } = work.next()
          if (done) resolve(value)
          return done === true
        } catch (error) {
          reject(error)
          return true
        }
      }
      const giveUp = (): void => {
        work.return(undefined as Result)
        resolve(undefined)
      }
      const waiting = { advance, giveUp, spent: 0 }
      // Most work is done within its first turn, and need not wait for one.
      if (!this.#isRunning && this.#isDone(waiting)) return
      this.#waiting.set(owner, [...(this.#waiting.get(owner) ?? []), waiting])
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    do await setImmediate()
    while (this.#takeTurn())
    this.#isRunning = false
  }

  /** Whether anybody waits after it. */
  #takeTurn(): boolean {
    const [first] = this.#waiting
    if (!first) return false
    const [owner, [work, ...others]] = first
    this.#waiting.delete(owner)
    const left = work && !this.#isDone(work) ? [work, ...others] : others
    if (left.length > 0) this.#waiting.set(owner, left)
    return this.#waiting.size > 0
  }

  #isDone(work: Waiting): boolean {
    const since = this.#processorTime()
    for (;;) {
      if (work.advance()) return true
      const worked = this.#processorTime() - since
      if (work.spent + worked > this.#limits.whole) {
        work.giveUp()
        return true
      }
      if (worked < this.#limits.turn) continue
      work.spent += worked
      return false
    }
  }
}

/**
 * The pauses of this process. They keep it alive only while somebody waits for what comes after them: a program that has
 * its token, or has given up, ends.
 *
 * @module
 */

interface Timer {
  ref(): void
  unref(): void
}

/** Pauses, and who waits for their ends. */
export class Pauses {
  readonly #timers = new Set<Timer>()
  #waiting = 0

  /** Waits so long. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timerOf(() => {
        this.#timers.delete(timer)
        resolve()
      }, milliseconds)
      this.#timers.add(timer)
      if (this.#waiting === 0) timer.unref()
    })
  }

  /** What `waited` brings; until then the pauses keep the process alive. */
  async hold<T>(waited: Promise<T>): Promise<T> {
    this.#waiting += 1
    for (const timer of this.#timers) timer.ref()
    try {
      return await waited
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0) for (const timer of this.#timers) timer.unref()
    }
  }
}

/** In Deno a timer may be a number, which always keeps the process alive. */
function timerOf(then: () => void, milliseconds: number): Timer {
  const timer: unknown = setTimeout(then, milliseconds)
  return typeof timer === 'object' ? (timer as Timer) : { ref: () => {}, unref: () => {} }
}

/**
 * Lines on their way to a descriptor: written at once and whole, or held while it takes none, up to a bound. The last line
 * before an end is not lost, and nobody who asks for a token waits for the disk or the reader of a log.
 *
 * @module
 */

/** How lines leave. */
export interface LineOutlet {
  /** Writes some of the bytes, and says how many. */
  write: (bytes: Buffer) => number
  /** Told why lines could not be written; they are held. */
  onFailure: (error: Error) => void
  /** Does `again` a little later. */
  later: (again: () => void) => void
  /** What is held at most; what comes beyond that is lost. */
  maxBytes: number
}

/** Lines that are written in their order. */
export class HeldLines {
  readonly #outlet: LineOutlet
  readonly #held: Buffer[] = []
  #bytes = 0
  #isDelayed = false

  constructor(outlet: LineOutlet) {
    this.#outlet = outlet
  }

  /** Whether lines are held because their reader is slow. */
  get isDelayed(): boolean {
    return this.#isDelayed && this.#held.length > 0
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#bytes + bytes.length <= this.#outlet.maxBytes) {
      this.#held.push(bytes)
      this.#bytes += bytes.length
    }
    this.flush()
  }

  /** Writes what can be written now. */
  flush(): void {
    try {
      for (let first = this.#held[0]; first; first = this.#held[0]) {
        const written = this.#outlet.write(first)
        this.#bytes -= written
        if (written === first.length) this.#held.shift()
        // The rest of a line is the first to be written next time.
        else this.#held[0] = first.subarray(written)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#delay()
      else this.#outlet.onFailure(error as Error)
    }
  }

  /** Its reader is slow: that is no failure. */
  #delay(): void {
    if (this.#isDelayed) return
    this.#isDelayed = true
    this.#outlet.later(() => {
      this.#isDelayed = false
      this.flush()
    })
  }
}

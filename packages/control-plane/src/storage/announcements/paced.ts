/**
 * Work that is done for many who wish it: at once, and then once a second at most, however often it is wished.
 *
 * @module
 */

const APART_MILLISECONDS = 1_000

/** Work with its pace. */
export interface Paced {
  /** Has it done, after all that came before this wish. */
  wish(): void
  /** Does what is still wished, and then nothing more. */
  close(): Promise<void>
}

/** Paces `work`. What it throws is lost: whoever relies on it must be able to do without one of many. */
export function createPaced(work: () => Promise<void>): Paced {
  let resting: NodeJS.Timeout | undefined
  let working = Promise.resolve()
  let isWished = false
  let isClosed = false

  function begin(): void {
    isWished = false
    working = work().catch(() => {})
    resting = setTimeout(goOn, APART_MILLISECONDS).unref()
  }

  function goOn(): void {
    resting = undefined
    if (isWished) begin()
  }

  return {
    wish: () => {
      if (isClosed) return
      isWished = true
      if (!resting) begin()
    },
    close: async () => {
      isClosed = true
      if (isWished) begin()
      clearTimeout(resting)
      await working
    },
  }
}

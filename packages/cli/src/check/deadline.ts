/**
 * Ends every look in bounded time: what does not answer is told as such, and keeps nothing else waiting.
 *
 * @module
 */

/** A look that takes longer is given up. */
export const LOOK_MILLISECONDS = 5000

/** What `look` saw; `late` if it took too long, and `failed` makes something of its error. */
export async function withinDeadline<T>(
  look: (signal: AbortSignal) => Promise<T>,
  {
    late,
    failed,
    milliseconds = LOOK_MILLISECONDS,
  }: {
    late: T
    failed: (error: NodeJS.ErrnoException) => T
    milliseconds?: number
  },
): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds)
  const { promise, resolve } = Promise.withResolvers<T>()
  // A look-up in the kernel's or a library's hands hears no signal.
  signal.addEventListener('abort', () => resolve(late), { once: true })
  const looked = look(signal).catch((error) => (signal.aborted ? late : failed(error)))
  return await Promise.race([looked, promise])
}

/** What people read of a look that took too long. */
export const LATE = `no answer within ${LOOK_MILLISECONDS / 1000} seconds`

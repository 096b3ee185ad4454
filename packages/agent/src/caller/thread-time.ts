/**
 * The clock of work that takes its turns: time in which others had the processor does not count.
 *
 * @module
 */

/** Milliseconds that this thread has run. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

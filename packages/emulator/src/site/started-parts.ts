/**
 * Parts that are started together and stopped together.
 *
 * @module
 */

/** Something that runs. */
export interface Stoppable {
  stop(): Promise<void>
}

/**
 * Stops `parts`, the last one first, and empties the list. One that fails does not keep the others running.
 *
 * @throws {AggregateError} with every failure; its message names them all.
 */
export async function stopParts(parts: Stoppable[]): Promise<void> {
  const failures: unknown[] = []
  for (let part = parts.pop(); part; part = parts.pop()) {
    try {
      await part.stop()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(describeFailure).join('; '))
}

/** One sentence; what several failures have in common says little without them. */
function describeFailure(error: unknown): string {
  const message = Error.isError(error) ? error.message : String(error)
  if (!(error instanceof AggregateError)) return message
  return `${message}: ${error.errors.map(describeFailure).join(', ')}`
}

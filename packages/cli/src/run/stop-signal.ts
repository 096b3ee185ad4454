/**
 * The signals that end a service in the foreground.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import { endAtOnce } from '../output.ts'

/** How a stop comes. */
export interface StopSignal {
  /** Rejects with `interrupted` if it comes before the service has started. */
  readonly duringStart: Promise<never>
  /** Resolves when it comes. */
  readonly requested: Promise<void>
}

/** Listens for `signals`, Ctrl-C and its like; the second one ends the process at once. */
export function waitForStop(signals: readonly NodeJS.Signals[]): StopSignal {
  const stop = Promise.withResolvers<void>()
  let count = 0
  const receive = (): void => {
    count += 1
    if (count > 1) endAtOnce(new CliError('interrupted').exitCode)
    stop.resolve()
  }
  for (const signal of signals) process.on(signal, receive)
  const duringStart = stop.promise.then(() => {
    throw new CliError('interrupted')
  })
  duringStart.catch(() => {})
  return { duringStart, requested: stop.promise }
}

/**
 * Stands before the agent and answers 410 at first, as a real service does while it is updated. Our agent never does.
 *
 * @module
 */

import { type Relay, type RelayOptions, startRelay } from './relay.ts'

const GONE = JSON.stringify({ error: 'gone', error_description: 'the service is being updated' })

/** Starts one that answers `times` requests itself. */
export async function startGoneRelay(
  place: Pick<RelayOptions, 'url' | 'address' | 'port'>,
  times: number,
): Promise<Relay> {
  let left = times
  return await startRelay({
    ...place,
    answers: (_, answer) => {
      left -= 1
      if (left < 0) return false
      answer.writeHead(410, { 'Content-Type': 'application/json' }).end(GONE)
      return true
    },
  })
}

/**
 * Limits how much an endpoint answers at once, where it is to be as sparing as the real metadata service.
 *
 * @see docs/protocol.md#rate-limits
 * @module
 */

import { WireError } from '@landfast/protocol'

/** A bound on requests. */
export interface EndpointRate {
  perSecond: number
  atOnce: number
}

/** Takes a request in; called, what it returns lets it out again. */
export type RateGate = () => () => void

/**
 * A gate that counts the requests of one endpoint.
 *
 * @param monotonic milliseconds.
 * @throws {WireError} when called, `endpoint_throttled` with the whole seconds to wait.
 */
export function createRateGate({ perSecond, atOnce }: EndpointRate, monotonic: () => number): RateGate {
  let [second, taken, running] = [Number.NEGATIVE_INFINITY, 0, 0]
  return () => {
    const now = monotonic()
    if (now - second >= 1000) [second, taken] = [now, 0]
    if (taken >= perSecond || running >= atOnce) {
      throw new WireError('endpoint_throttled', { retryAfterSeconds: 1 })
    }
    taken += 1
    running += 1
    let inside = true
    return () => {
      if (inside) running -= 1
      inside = false
    }
  }
}

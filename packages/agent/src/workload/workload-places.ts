/**
 * How many requests of one workload are answered at once: one that asks for very many waits for itself, and takes no
 * place of another's.
 *
 * @see docs/security.md#floods
 * @module
 */

import { WireError } from '@landfast/protocol'

/** Requests of one workload under way; an address takes 512 connections. */
const PLACES_OF_ONE = 64

/** Seconds after which a request that found no place may come again. */
const RETRY_SECONDS = 1

/** Takes a request of this workload in; called, what it returns lets it out again. */
export type TakePlace = (caller: { readonly workload?: string | undefined }) => () => void

/** @throws {WireError} when called, `endpoint_throttled` if the workload has all its places taken. */
export function createPlaces(max = PLACES_OF_ONE): TakePlace {
  const taken = new Map<string, number>()
  return ({ workload = '' }) => {
    const before = taken.get(workload) ?? 0
    if (before >= max) throw new WireError('endpoint_throttled', { retryAfterSeconds: RETRY_SECONDS })
    taken.set(workload, before + 1)
    return () => {
      const left = (taken.get(workload) ?? 1) - 1
      if (left > 0) taken.set(workload, left)
      else taken.delete(workload)
    }
  }
}

/**
 * Sums up repeated measurements: the median, and how far they lay apart.
 *
 * @module
 */

/** Several measurements of one thing. */
export interface Spread {
  median: number
  min: number
  max: number
}

/**
 * @throws {RangeError} if there is nothing to sum up.
 */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) }
}

/** The value below which the share `at` (0 to 1) of `values` lies, between two neighbours where it falls so. */
export function quantile(values: Iterable<number>, at: number): number {
  const sorted = Float64Array.from(values).sort()
  const place = (sorted.length - 1) * at
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  if (low === undefined || high === undefined) throw new RangeError('there are no values')
  return low + (high - low) * (place - Math.floor(place))
}

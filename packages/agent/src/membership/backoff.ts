/**
 * The wait after the n-th failure in a row: twice as long each time, up to a limit, and with chance in it, so that a
 * control plane that comes back does not meet all machines at once.
 *
 * @module
 */

/** The pause in seconds after `failures` failures in a row, of which there is at least one. */
export function backoffSeconds(
  failures: number,
  { first, longest, random }: { first: number; longest: number; random: number },
): number {
  const pause = Math.min(longest, first * 2 ** (failures - 1))
  return spread(pause, random)
}

/** `seconds` give or take a fifth; `random` is from 0 to 1. */
export function spread(seconds: number, random: number): number {
  return seconds * (0.8 + 0.4 * random)
}

/**
 * Values that are expensive to make from a text and never change: kept for as long as they are among the most recently
 * wanted.
 *
 * @module
 */

/** `make`, which remembers what it made of the `max` texts that were last wanted. What it throws is not kept. */
export function recentlyMade<T extends object>(max: number, make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    const value = made.get(text) ?? make(text)
    // Written again behind all others, so that the first is the one not wanted for the longest.
    made.delete(text)
    made.set(text, value)
    if (made.size > max) made.delete(made.keys().next().value ?? text)
    return value
  }
}

/**
 * What a program that a test starts with variables of its own must have as well, to have the clock of the test: faketime moves
 * that by a library that it names in variables.
 *
 * @see https://github.com/wolfcw/libfaketime
 * @module
 */

const { LD_PRELOAD, FAKETIME } = process.env

/** Empty where the clock is not moved. */
export const MOVED_CLOCK: Readonly<Record<string, string>> = {
  ...(LD_PRELOAD && { LD_PRELOAD }),
  ...(FAKETIME && { FAKETIME }),
}

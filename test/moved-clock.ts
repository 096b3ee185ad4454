/**
 * What a program that a test starts with variables of its own must have as well, to have the clock of the test: faketime moves
 * that by a library that it names in variables. `FAKE_UTIME` has it move the times that a program gives to files as it moves
 * those that a program reads.
 *
 * @see https://github.com/wolfcw/libfaketime
 * @module
 */

const { LD_PRELOAD, FAKETIME, FAKE_UTIME } = process.env

/** Empty where the clock is not moved. */
export const MOVED_CLOCK: Readonly<Record<string, string>> = {
  ...(LD_PRELOAD && { LD_PRELOAD }),
  ...(FAKETIME && { FAKETIME }),
  ...(FAKE_UTIME && { FAKE_UTIME }),
}

/**
 * What a program that a test starts with variables of its own must have as well, to have the clock of the test: the library of
 * `clock-ahead.c` moves that.
 *
 * @module
 */

const { LD_PRELOAD, CLOCK_AHEAD } = process.env

/** Empty where the clock is not moved. */
export const MOVED_CLOCK: Readonly<Record<string, string>> = {
  ...(LD_PRELOAD && { LD_PRELOAD }),
  ...(CLOCK_AHEAD && { CLOCK_AHEAD }),
}

/** Why a program is left out that asks no C library of this host what time it is; undefined where the clock is not moved. */
export const KEEPS_TRUE_TIME =
  CLOCK_AHEAD === undefined
    ? undefined
    : 'the clock of the tests is moved, and not for a program of Go or of a container'

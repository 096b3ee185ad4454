/**
 * Variables of a process, as a command reads them and as it gives them to another.
 *
 * @module
 */

/** Variables by their names; undefined is not set. */
export type Environment = Readonly<Record<string, string | undefined>>

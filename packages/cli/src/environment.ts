/**
 * The environment of a process.
 *
 * @module
 */

/** Variables by name; undefined means that it is not set. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The forms of other clouds in which `landfast token` can answer.
 *
 * @module
 */

/** Every form, by the name that `--format` takes. */
export const TOKEN_FORMATS = ['google', 'aws'] as const

/** A form of another cloud. */
export type TokenFormat = (typeof TOKEN_FORMATS)[number]

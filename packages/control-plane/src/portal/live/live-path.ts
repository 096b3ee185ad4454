/**
 * The path of the streams.
 *
 * @module
 */

/** Apart from the paths of pages, so that how long an answer took is not asked of a stream. */
export const LIVE_PATH = '/portal/live'

/**
 * Paths with segments of dots: as names they are encoded as they are, and would lead to another route.
 *
 * @module
 */

/** Whether a segment of `path`, before its query, is dots alone. */
export function isClimbing(path: string): boolean {
  return /\/\.{1,2}(\/|$)/.test(path.split('?', 1)[0] ?? '')
}

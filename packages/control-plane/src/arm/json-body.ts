/**
 * Refuses JSON bodies that no schema can: nested so deep that they could be kept and never be written again, or with a
 * zero character, which PostgreSQL keeps in no text.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-9
 * @module
 */

/** What Azure's own agent reports is nested 5 deep. */
const DEPTH_MAX = 64

/** Whether `value`, out of a JSON text, may be looked at further. Level by level: a recursion would overflow. */
export function isPlainJson(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX || level.some(hasZero)) return false
    level = level.flatMap(within)
  }
  return true
}

function within(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Array.isArray(value) ? value : Object.entries(value).flat()
}

function hasZero(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\0')
}

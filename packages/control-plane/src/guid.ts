/**
 * GUIDs as this authority writes them: 36 characters, lower-case.
 *
 * @module
 */

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** The GUID in `text` in lower case, or undefined if it is none. */
export function readGuid(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const guid = text.toLowerCase()
  return GUID.test(guid) ? guid : undefined
}

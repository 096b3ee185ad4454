/**
 * Locations as Azure writes them: "West Europe" is "westeurope".
 *
 * @module
 */

/** What a location looks like in a body. */
export const LOCATION_SCHEMA = { type: 'string', pattern: '^[ ]*[A-Za-z0-9-][A-Za-z0-9 -]{0,63}$' } as const

/** `text` in the one form in which locations are kept and compared. */
export function normalizeLocation(text: string): string {
  return text.replaceAll(' ', '').toLowerCase()
}

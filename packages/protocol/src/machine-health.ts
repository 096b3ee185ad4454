/**
 * How the parts of a machine's agent stand, as a heartbeat tells it, and the bounds of that.
 *
 * @see docs/onboarding.md#health
 * @module
 */

/** More than these are not told: those that fail come first. */
export const HEALTH_PARTS_MAX = 16

/** The longest name of a part. */
export const HEALTH_PART_MAX_CHARACTERS = 256

/** The name of a kind of part, and then up to two words of printable ASCII: which one it is, and whose. */
export const HEALTH_PART_PATTERN = '^[a-z][a-z-]{0,31}( [!-~]+){0,2}$'

/** The longest code. */
export const HEALTH_CODE_MAX_CHARACTERS = 64

/** A code of docs/errors.md; never a sentence. */
export const HEALTH_CODE_PATTERN = '^[A-Za-z][A-Za-z0-9_]*$'

/** ISO 8601 in UTC, as `toISOString` writes it. */
export const HEALTH_TIME_PATTERN =
  '^20\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$'

/** How one part stands. */
export interface PartHealth {
  /** Its kind, and where there are several of them which: `clock`, `endpoint arc`, `token https://vault.azure.net`. */
  part: string
  ok: boolean
  /** Why it fails: a code of docs/errors.md. */
  code?: string
  /** Since when it is so, ISO 8601, by the machine's clock. */
  since: string
}

/** A word that is longer is cut: two of them and the kind have room in a name. */
const WORD_MAX_CHARACTERS = 100

/** What says that a word was cut. */
const CUT = '...'

/** The name of a part: of its kind, and of `words`, in which what is not printable ASCII is percent-encoded. */
export function partName(kind: string, ...words: readonly string[]): string {
  return [kind, ...words.map(wordOf).filter((word) => word !== '')].join(' ')
}

function wordOf(text: string): string {
  // A character may take twelve when it is encoded, so what is cut away here would be cut away anyhow.
  const start = text.slice(0, WORD_MAX_CHARACTERS + 1).toWellFormed()
  const word = start.replaceAll(/[^!-~]+/g, encodeURIComponent)
  return word.length > WORD_MAX_CHARACTERS ? word.slice(0, WORD_MAX_CHARACTERS - CUT.length) + CUT : word
}

/**
 * The schedule of a signing key, for signing and for publication: a new key is published long before it signs, so that
 * every verifier has it by then, and an old one for as long as a token of it may still be good.
 *
 * @see ../../../../docs/control-plane.md
 * @module
 */

/** How long clients may keep the key documents: as short as that, since they keep a withdrawn key as long. */
export const KEY_DOCUMENT_MAX_AGE_SECONDS = 300

/** How long a new key is published before it signs: some verifiers read the documents once a day. */
const PUBLISHED_AHEAD_MILLISECONDS = 86_400_000

/** The longest life of a token, an hour for caches, and ten minutes for clocks that differ. */
const OVERLAP_MILLISECONDS = (86_400 + 3_600 + 600) * 1000

const DAY_MILLISECONDS = 86_400_000

/** The times of one key, milliseconds since 1970. */
export interface KeyTimes {
  signsFrom: number
  /** Null while no newer key is to sign. */
  publishedUntil: number | null
}

/** The key that signs at `time`: the newest whose time has come, or the first if the clock was set back. */
export function signingAt<Key extends KeyTimes>(keys: readonly Key[], time: number): Key | undefined {
  const begun = keys.filter(({ signsFrom }) => signsFrom <= time)
  return newestOf(begun) ?? keys.toSorted(byStart)[0]
}

/** The keys that verifiers must know at `time`, in the order in which they sign. */
export function publishedAt<Key extends KeyTimes>(keys: readonly Key[], time: number): Key[] {
  return keys
    .filter(({ publishedUntil }) => publishedUntil === null || publishedUntil > time)
    .toSorted(byStart)
}

/** The key that signs last of all. */
export function newestOf<Key extends KeyTimes>(keys: readonly Key[]): Key | undefined {
  return keys.toSorted(byStart).at(-1)
}

/** When the next key is to sign if it is time to publish it, else undefined. */
export function successorStart(keys: readonly KeyTimes[], time: number, days: number): number | undefined {
  const newest = newestOf(keys)
  if (!newest) return time
  const due = newest.signsFrom + days * DAY_MILLISECONDS
  return due - PUBLISHED_AHEAD_MILLISECONDS <= time ? Math.max(due, startAhead(time)) : undefined
}

/** When the next key is to sign, whether it is made already or not; undefined if there is none to follow. */
export function nextStart(keys: readonly KeyTimes[], time: number, days: number): number | undefined {
  const made = keys.toSorted(byStart).find(({ signsFrom }) => signsFrom > time)
  const newest = newestOf(keys)
  return made?.signsFrom ?? (newest && newest.signsFrom + days * DAY_MILLISECONDS)
}

/** How far ahead a replica's clock may be; a key that starts later than that and a day was made by a clock that was wrong. */
const CLOCK_AHEAD_MILLISECONDS = 3_600_000

/** The start of a key that was made by a clock far ahead: it would stand in the way of every other until then. */
export function isAstray({ signsFrom }: KeyTimes, time: number): boolean {
  return signsFrom > startAhead(time) + CLOCK_AHEAD_MILLISECONDS
}

/** When a key that is made at `time` without hurry signs. */
export function startAhead(time: number): number {
  return time + PUBLISHED_AHEAD_MILLISECONDS
}

/** Until when a key is published whose successor signs from `successorStart` on. */
export function publishedUntil(successorStart: number): number {
  return successorStart + OVERLAP_MILLISECONDS
}

function byStart(one: KeyTimes, other: KeyTimes): number {
  return one.signsFrom - other.signsFrom
}

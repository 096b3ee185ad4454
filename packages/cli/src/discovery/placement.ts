/**
 * Decides what to do about one place: from its present content, the wanted content, and the content that was placed
 * before.
 *
 * @module
 */

import type { Place } from './places.ts'
import { assignedNames, hasLines, hasSomeOf, withLines, withoutLines } from './shared-file.ts'

/** What there is at a path: nothing, a text, or something that is no regular file. */
export type Found = { is: 'nothing' } | { is: 'text'; text: string } | { is: 'other' }

/** `write` makes the file hold `text`; `conflict` says what others have there. */
export type Placing = { do: 'write'; text: string } | { do: 'nothing' } | { do: 'conflict'; reason: string }

/** `leave` is for what others have changed since; an empty `text` is a file that was there for our lines alone. */
export type Removing = { do: 'write'; text: string } | { do: 'remove' } | { do: 'nothing' } | { do: 'leave' }

/**
 * What was placed at `path` before, by the record's `places`: an interrupted change of versions leaves two, of which one
 * is found.
 */
export function formerAt(places: readonly Place[], path: string, found: Found): Place | undefined {
  const former = places.filter((place) => place.path === path)
  return former.find((place) => found.is === 'text' && isIn(place, found.text)) ?? former.at(-1)
}

function isIn({ kind, content }: Place, text: string): boolean {
  return kind === 'file' ? text === content : hasLines(text, content)
}

/** How `place` comes to be as it should, where `former` was placed before, if anything was. */
export function placing(place: Place, found: Found, former: Place | undefined): Placing {
  if (found.is === 'other') return { do: 'conflict', reason: `"${place.path}" is no regular file` }
  const text = found.is === 'text' ? found.text : undefined
  return place.kind === 'file' ? placingFile(place, text, former) : placingLines(place, text ?? '', former)
}

function placingFile(place: Place, text: string | undefined, former: Place | undefined): Placing {
  if (text === place.content) return { do: 'nothing' }
  if (text === undefined || text === former?.content) return { do: 'write', text: place.content }
  return { do: 'conflict', reason: `"${place.path}" is there and is not what Landfast placed` }
}

function placingLines(place: Place, text: string, former: Place | undefined): Placing {
  if (hasLines(text, place.content)) return { do: 'nothing' }
  const others = former && hasLines(text, former.content) ? withoutLines(text, former.content) : text
  const wanted = new Set(assignedNames(place.content))
  const taken = assignedNames(others).find((name) => wanted.has(name))
  if (taken) return { do: 'conflict', reason: `"${place.path}" sets ${taken} already` }
  return { do: 'write', text: withLines(text, place.content, former?.content) }
}

/** How `placed` comes to be gone. `isMade` is whether its file was not there before. */
export function removing(placed: Place, found: Found, isMade: boolean): Removing {
  if (found.is === 'nothing') return { do: 'nothing' }
  if (found.is === 'other') return { do: 'leave' }
  if (!isIn(placed, found.text)) {
    const isRemoved = placed.kind === 'lines' && !hasSomeOf(found.text, placed.content)
    return isRemoved ? { do: 'nothing' } : { do: 'leave' }
  }
  if (placed.kind === 'file') return { do: 'remove' }
  const text = withoutLines(found.text, placed.content)
  return text === '' && isMade ? { do: 'remove' } : { do: 'write', text }
}

/**
 * Tags as people write them into a form: one a line, as NAME=VALUE. Names may hold "=" and values line breaks, so not all tags can be
 * written so.
 *
 * @module
 */

import { type Tags, tagKey } from '../../../arm/tags.ts'
import { PortalError } from '../../portal-error.ts'

/** The lines for `tags`; undefined if a browser that shows them would send back other tags. */
export function tagLines(tags: Tags): string[] | undefined {
  const lines = Object.entries(tags).map(([name, value]) => `${name}=${value}`)
  const text = lines.join('\n')
  return isKept(text) && isSame(pairsIn(text), Object.entries(tags)) ? lines : undefined
}

/** The tags in `text`; a line without "=" is a tag without a value. @throws {PortalError} `tag_twice`. */
export function readTagLines(text: string): Tags {
  const pairs = pairsIn(text)
  const names = new Set(pairs.map(([name]) => tagKey(name)))
  if (names.size < pairs.length) throw new PortalError('tag_twice')
  return Object.fromEntries(pairs)
}

type Pair = readonly [name: string, value: string]

function pairsIn(text: string): Pair[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const [name = '', value = ''] = line.split(/=(.*)/s, 2)
    return [name.trim(), value]
  })
}

/** A browser makes line breaks of one kind, and replaces what is no character. */
function isKept(text: string): boolean {
  return text.isWellFormed() && !text.includes('\r') && !text.includes('\0')
}

function isSame(pairs: readonly Pair[], others: readonly Pair[]): boolean {
  return JSON.stringify(pairs) === JSON.stringify(others)
}

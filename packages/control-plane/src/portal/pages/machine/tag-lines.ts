/**
 * Tags as people write them into a form: one a line, as NAME=VALUE. Names may hold "=" and values line breaks, so not all tags can be
 * written so.
 *
 * @module
 */

import { type Tags, tagKey } from '../../../arm/tags.ts'
import { FormFault } from '../../form-fault.ts'
import { html } from '../../html/html.ts'
import { shown } from '../../html/shown-text.ts'

/** The lines for `tags`; undefined if a browser that shows them would send back other tags. */
export function tagLines(tags: Tags): string[] | undefined {
  const lines = Object.entries(tags).map(([name, value]) => `${name}=${value}`)
  const text = lines.join('\n')
  return isKept(text) && isSame(pairsIn(text), Object.entries(tags)) ? lines : undefined
}

/** The tags in `text`; a tag without a value ends in "=". @throws {FormFault} `field_wrong` or `tag_twice`, of the field `tags`. */
export function readTagLines(text: string): Tags {
  const bare = linesIn(text).find((line) => !line.includes('='))
  if (bare !== undefined)
    throw new FormFault(
      'field_wrong',
      'tags',
      html`The line ${shown(bare)} has no “=”. Write NAME=VALUE, or NAME= for a tag without a value.`,
    )
  const pairs = pairsIn(text)
  const names = new Set<string>()
  for (const [name] of pairs) {
    if (names.has(tagKey(name)))
      throw new FormFault('tag_twice', 'tags', html`The name ${shown(name)} stands twice.`)
    names.add(tagKey(name))
  }
  return Object.fromEntries(pairs)
}

type Pair = readonly [name: string, value: string]

function pairsIn(text: string): Pair[] {
  return linesIn(text).map((line) => {
    const [name = '', value = ''] = line.split(/=(.*)/s, 2)
    return [name.trim(), value]
  })
}

function linesIn(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '')
}

/** A browser makes line breaks of one kind, and replaces what is no character. */
function isKept(text: string): boolean {
  return text.isWellFormed() && !text.includes('\r') && !text.includes('\0')
}

function isSame(pairs: readonly Pair[], others: readonly Pair[]): boolean {
  return JSON.stringify(pairs) === JSON.stringify(others)
}

/**
 * The tags of a machine, as pages show them.
 *
 * @module
 */

import type { Tags } from '../../../arm/tags.ts'
import { type Html, html } from '../../html/html.ts'
import { shown } from '../../html/shown-text.ts'

/** Each beside the other; `most` of them where the place is small. */
export function tagMarks(tags: Tags, most?: number): readonly Html[] {
  return Object.entries(tags)
    .slice(0, most)
    .map(([name, value]) => html`<span class="tag">${shown(name)}: ${shown(value)}</span> `)
}

/**
 * What an action did, as the page after it is told: a word in its address.
 *
 * @module
 */

import { type Html, html } from './html.ts'

/** Its name in the address. */
export const DONE = 'done'

/** What was done by the action before this page: of `sentences` the one that the address names. */
export function notice(sentences: Readonly<Record<string, string>>, done = ''): Html | false {
  return (
    Object.hasOwn(sentences, done) &&
    html`<div class="notice good" role="status"><p>${sentences[done]}</p></div>`
  )
}

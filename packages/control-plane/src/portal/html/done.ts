/**
 * What an action did, as the page after it is told: a word in its address, and what it was done to.
 *
 * @module
 */

import { type Html, html } from './html.ts'

/** Its name in the address. */
export const DONE = 'done'

/** What stands beside it. */
const ABOUT = ['what', 'whose', 'where'] as const

type Query = Readonly<Record<string, string>>

/** What an action did, and to what: `what` of `whose`, `where`. */
export type Told = { done: string } & { [name in (typeof ABOUT)[number]]?: string | undefined }

/** A sentence about it; one that names something shows it by `shown`. */
export type Sentence = string | ((about: Query) => Html)

/** What was done by the action before this page: of `sentences` the one that the address names. */
export function notice(sentences: Readonly<Record<string, Sentence>>, query: Query): Html | false {
  const { [DONE]: done = '' } = query
  const sentence = Object.hasOwn(sentences, done) ? sentences[done] : undefined
  if (sentence === undefined) return false
  const said = typeof sentence === 'string' ? sentence : sentence(query)
  return html`<div class="notice good" role="status"><p>${said}</p></div>`
}

/** `query` without what was done. */
export function untold(query: Query): Query {
  const words: ReadonlySet<string> = new Set([DONE, ...ABOUT])
  return Object.fromEntries(Object.entries(query).filter(([name]) => !words.has(name)))
}

/**
 * HTML as tagged templates, in which every value is escaped that is no HTML itself.
 *
 * @module
 */

import { html as template } from 'hono/html'

/** Markup that is safe to send. */
export type Html = Exclude<ReturnType<typeof template>, Promise<unknown>>

/** What may stand in a template; false, null and undefined are nothing. */
type Value = Html | string | number | false | null | undefined | readonly Value[]

/** The markup of a template, with its values escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  // Only a promise among the values would make one of the whole.
  return template(strings, ...values) as Html
}

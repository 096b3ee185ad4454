/**
 * Something that a page is to show and that is not there, in words for people.
 *
 * @module
 */

import type { Html } from '../html/html.ts'
import { ApiRefusal } from './api-refusal.ts'

/** What is said of it. */
export interface MissingWords {
  title: string
  sentence: string
  /** Where else to look. */
  further: Html
}

/** What a route refused since there is no such thing. */
export class MissingThing extends ApiRefusal {
  readonly words: MissingWords

  constructor({ status, code, message }: ApiRefusal, words: MissingWords) {
    super(status, { error: { code, message } })
    this.words = words
  }
}

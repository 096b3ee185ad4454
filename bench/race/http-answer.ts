/**
 * Finds the end of an answer in HTTP/1.1, and no more of it than the race needs.
 *
 * @module
 */

const END_OF_HEAD = '\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'

/** A whole answer. */
export interface HttpAnswer {
  status: number
  /** Its lines before the body. */
  head: string
  /** With chunks as they came. */
  body: string
}

/** The answer that `text` is, or undefined while there is more to come. */
export function wholeAnswer(text: string): HttpAnswer | undefined {
  const headEnds = text.indexOf(END_OF_HEAD)
  if (headEnds < 0) return undefined
  const head = text.slice(0, headEnds)
  const body = text.slice(headEnds + END_OF_HEAD.length)
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? []
  const isWhole = length === undefined ? body.endsWith(LAST_CHUNK) : body.length >= Number(length)
  if (!isWhole) return undefined
  return { status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), head, body }
}

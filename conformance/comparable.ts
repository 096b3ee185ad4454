/**
 * What a client says, as it is kept of a run.
 *
 * @module
 */

import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

const SAID_CHARACTERS = 160

/** Where this checkout happens to be. */
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Ends where the name of a folder of its own does. */
const TEMPORARY = `${tmpdir()}/landfast-`

/** What a client said, so that another run says the same: without tokens, ids, ports, times, places of this host and line breaks. */
export function comparable(text: string): string {
  const plain = withoutPlaces(text)
    .replaceAll(/\beyJ[\w-]+(?:\.[\w-]*)*/g, '…')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '…')
    .replaceAll(/:\d{4,5}\b/g, ':…')
    .replaceAll(/\d{4}([-/])\d\d\1\d\d[T ][\d:.]+Z?/g, '…')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('`', "'")
    .trim()
  return plain.length > SAID_CHARACTERS ? `${plain.slice(0, SAID_CHARACTERS)}…` : plain
}

/** `text` without where this checkout and a run's folders are on this host; of a folder what is within it stays. */
export function withoutPlaces(text: string): string {
  const [first = '', ...others] = text.replaceAll(ROOT, '…/').split(TEMPORARY)
  return [first, ...others.map((other) => other.replace(/^[\w.-]*/, ''))].join('…')
}

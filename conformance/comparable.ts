/**
 * What a client says, as it is kept of a run.
 *
 * @module
 */

const SAID_CHARACTERS = 160

/** What a client said, so that another run says the same: without tokens, ids, ports, times and line breaks. */
export function comparable(text: string): string {
  const plain = text
    .replaceAll(/\beyJ[\w-]+(?:\.[\w-]*)*/g, '…')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '…')
    .replaceAll(/:\d{4,5}\b/g, ':…')
    .replaceAll(/\d{4}([-/])\d\d\1\d\d[T ][\d:.]+Z?/g, '…')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('`', "'")
    .trim()
  return plain.length > SAID_CHARACTERS ? `${plain.slice(0, SAID_CHARACTERS)}…` : plain
}

/**
 * Makes the text of a server fit for a message: one line, short, and without the secrets that were sent to it.
 *
 * @module
 */

const TEXT_MAX_CHARACTERS = 600

/** `text` on one line, cut where it is too long, with each of `secrets` struck out. */
export function quoteServer(text: string, secrets: readonly (string | undefined)[]): string {
  let struck = text
  for (const secret of secrets) if (secret) struck = struck.replaceAll(secret, '***')
  const line = struck.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length > TEXT_MAX_CHARACTERS ? `${line.slice(0, TEXT_MAX_CHARACTERS)}…` : line
}

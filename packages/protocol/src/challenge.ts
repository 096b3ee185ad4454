/**
 * The key-file challenge: a 401 names a file that only root and the key group can read; its content, sent
 * back as it is, proves that the caller could read it.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import { KEY_FILE_MAX_BYTES } from './limits.ts'

const CHALLENGE_PREFIX = 'Basic realm='

/*
 * A header's value may be surrounded by spaces and tabs, and by nothing else: what trim() removes besides
 * would let a line break through. Each pattern is anchored at both ends and no repetition is followed by one
 * that matches the same character, so none takes more than two passes over any input.
 */
const AUTHORIZATION = /^[ \t]*basic[ \t]+([!-~]+)[ \t]*$/i
/** In quotes, or bare; of Windows, where the real agent names a path on a drive. */
const CHALLENGE =
  /^[ \t]*basic[ \t]+realm=(?:"([ !#-<>-[\]-~]+)"|([!#-+\--<>-[\]-~]+)|([a-z]:\\[ !#-+\--<>-~]*[!#-+\--<>-~]))[ \t]*$/i
const KEY_FILE = /^\/[!#-+\--<>-[\]-~]+\.key$/
const KEY = /^[!-~]+$/

/**
 * The `Www-Authenticate` value that names `keyFile`: unquoted and with no other parameter, since official
 * clients split it at the only "=".
 *
 * @throws {TypeError} if the path is not absolute, does not end in ".key", or holds what some client would
 * take for more than a path: anything but printable ASCII, a space, or one of `= , " \`.
 */
export function formatChallenge(keyFile: string): string {
  if (!KEY_FILE.test(keyFile)) {
    throw new TypeError(
      `a key file needs an absolute path of printable ASCII without spaces and = , " \\, ending in ".key": ${JSON.stringify(keyFile)}`,
    )
  }
  return CHALLENGE_PREFIX + keyFile
}

/** The key file's path in a `Www-Authenticate` value, quoted or not; undefined if it is no such challenge. */
export function parseChallenge(value: string): string | undefined {
  const match = CHALLENGE.exec(value)
  return match?.[1] ?? match?.[2] ?? match?.[3]
}

/**
 * The `Authorization` value that presents `key`, the whole content of a key file.
 *
 * @throws {TypeError} if `key` is empty, too long for a key file or not printable ASCII; the message does
 * not repeat it.
 */
export function formatKeyAuthorization(key: string): string {
  if (!isKey(key)) {
    throw new TypeError(`a key is 1 to ${KEY_FILE_MAX_BYTES} characters of printable ASCII without spaces`)
  }
  return `Basic ${key}`
}

/** The key in an `Authorization` value; undefined if the scheme is another or what follows cannot be a key. */
export function parseKeyAuthorization(value: string): string | undefined {
  const key = AUTHORIZATION.exec(value)?.[1]
  return key !== undefined && isKey(key) ? key : undefined
}

function isKey(text: string): boolean {
  return text.length <= KEY_FILE_MAX_BYTES && KEY.test(text)
}

/**
 * The name of a host as a control plane takes it: it is shown to people.
 *
 * @module
 */

import { HOST_NAME_MAX_CHARACTERS } from '@landfast/protocol'

/** `name` without control characters and quotes, and no longer than DNS has them. */
export function cleanHostName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const cleaned = name.replaceAll(/[\u0000-\u001f"\u007f-\u009f\u2028\u2029]/g, '')
  return cleaned.slice(0, HOST_NAME_MAX_CHARACTERS) || 'localhost'
}

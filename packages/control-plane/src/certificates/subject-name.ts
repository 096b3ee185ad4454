/**
 * The subject of a certificate as text that names it exactly.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4514
 * @module
 */

import { Name, X509Certificate } from '@landfast/server/x509'

/** `text` as `subjectNameOf` would write it; undefined if it names nothing. */
export function readSubjectName(text: string): string | undefined {
  try {
    return nameText(new Name(text))
  } catch {
    return undefined
  }
}

/** The subject of a certificate in DER; undefined if it is empty. */
export function subjectNameOf(certificate: Uint8Array<ArrayBuffer>): string | undefined {
  return nameText(new X509Certificate(certificate).subjectName)
}

/**
 * The parts as JSON would keep apart what commas in values join. Undefined for a name that does not come out of
 * its own text again.
 */
function nameText(name: Name): string | undefined {
  const text = name.toString()
  const same = JSON.stringify(new Name(text).toJSON()) === JSON.stringify(name.toJSON())
  return text !== '' && same ? text : undefined
}

/**
 * Has this process trust a certificate authority beside what it trusts: the variables for that are read as a process starts.
 *
 * @module
 */

import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** What each emulator that still leads this process has it trust. */
const added: (readonly string[])[] = []

/** What it trusts without any of them. */
let usual: readonly string[] = []

/**
 * Trusts `certificates`, each PEM, in connections that begin from now on; the function that is returned ends that, in whatever
 * order they end that have trusted some.
 */
export function trustInProcess(certificates: readonly string[]): () => void {
  if (added.length === 0) usual = getCACertificates('default')
  const own = [...certificates]
  added.push(own)
  trustAll()
  return () => {
    const index = added.indexOf(own)
    if (index < 0) return
    added.splice(index, 1)
    trustAll()
  }
}

function trustAll(): void {
  setDefaultCACertificates([...usual, ...added.flat()])
}

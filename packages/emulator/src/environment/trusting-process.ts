/**
 * Has this process trust a certificate authority beside what it trusts: the variables for that are read as a process starts.
 *
 * @module
 */

import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** Trusts `authority`, PEM, in connections that begin from now on; the function that is returned puts back what was trusted. */
export function trustInProcess(authority: string): () => void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority])
  return () => setDefaultCACertificates(before)
}

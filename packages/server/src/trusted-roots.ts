/**
 * The certificate authorities that this host trusts: those that come with Node.js, those of `NODE_EXTRA_CA_CERTS`, and the
 * system's own store, in which an organization puts its private ones.
 *
 * @see https://nodejs.org/api/tls.html#tlsgetcacertificatestype
 * @module
 */

/** Their certificates in PEM; none twice. It takes some 30 ms and 6 MB, so it is asked for only where it is needed. */
export function trustedRoots(): string[] {
  // Loaded here, since whoever only waits for requests needs no TLS.
  const { getCACertificates } = process.getBuiltinModule('node:tls')
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}

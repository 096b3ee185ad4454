/**
 * A TLS connection whose other end is known by the fingerprint of its certificate alone, as Service Fabric's is.
 *
 * HTTP gets the connection only after the fingerprint is checked. Node sends earlier writes as soon as the handshake is
 * over, and the first write is a secret.
 *
 * @module
 */

import type { TLSSocket } from 'node:tls'
import { builtin } from '../builtin.ts'
import { ClientError } from '../errors.ts'

const CONNECT_MS = 5000

/**
 * Connects to `url`, within 5 seconds or the `connectMs` of the caller.
 *
 * @throws {ClientError} `certificate_mismatch` if its certificate is another one than `thumbprint` names (SHA-1 or
 * SHA-256, in hexadecimal), `endpoint_silent` if there is no connection.
 */
export function connectPinned(url: URL, thumbprint: string, connectMs = CONNECT_MS): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const fail = (error: ClientError) => {
      clearTimeout(timer)
      reject(error)
      socket.destroy()
    }
    const silent = (reason: string, cause?: Error) =>
      new ClientError('endpoint_silent', `${url.origin} (${reason})`, { cause })
    const timer = setTimeout(() => fail(silent(`no TLS within ${connectMs / 1000} s`)), connectMs)
    const socket = builtin('node:tls').connect({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || 443),
      // No authority has signed the certificate; its fingerprint is compared below.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    })
    socket.on('error', (error) => fail(silent(error.message, error)))
    socket.on('secureConnect', () => {
      if (!shows(socket, thumbprint)) return fail(new ClientError('certificate_mismatch', url.origin))
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

function shows(socket: TLSSocket, thumbprint: string): boolean {
  const expected = plain(thumbprint)
  const { fingerprint, fingerprint256 } = socket.getPeerCertificate()
  const shown = expected.length === 64 ? fingerprint256 : fingerprint
  return shown !== undefined && expected.length >= 40 && plain(shown) === expected
}

function plain(fingerprint: string): string {
  return fingerprint.replace(/[: ]/g, '').toUpperCase()
}

/**
 * A TLS connection to an endpoint that is known by the thumbprint of its certificate, and by nothing else.
 *
 * @see docs/protocol.md#service-fabric
 * @module
 */

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { CliError } from '../cli-error.ts'

/**
 * A connection to `url` on which nothing was sent yet.
 *
 * @throws {CliError} `endpoint_refused` if the certificate is another one, and the system's error if nothing answers.
 */
export async function openPinned(url: URL, thumbprint: string, signal: AbortSignal): Promise<TLSSocket> {
  const socket = connect({ host: url.hostname, port: Number(url.port || 443), rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal })
  } catch (error) {
    socket.destroy()
    throw error
  }
  const found = socket.getPeerCertificate().fingerprint?.replaceAll(':', '')
  if (found?.toUpperCase() === thumbprint.replaceAll(':', '').toUpperCase()) return socket
  socket.destroy()
  throw new CliError('endpoint_refused', {
    detail: 'the endpoint shows another certificate than the one whose thumbprint is known',
    hints: ['the agent may have started anew; take IDENTITY_SERVER_THUMBPRINT from it again'],
  })
}

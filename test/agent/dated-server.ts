/**
 * A server over HTTPS whose certificate is good between the times that a test says, and which shows a clock.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SubjectAlternativeNameExtension } from '@landfast/server/x509'
import { onTestFinished } from 'vitest'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'

/** Its address, and its certificate as the CA that it is known by. */
export interface DatedServer {
  url: string
  ca: string
}

/** Starts one; `serverTime` is what its answers say. */
export async function startDatedServer({
  notBefore,
  notAfter,
  serverTime,
}: Record<'notBefore' | 'notAfter' | 'serverTime', Date>): Promise<DatedServer> {
  const extensions = [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])]
  const { pem, privateKey } = await makeCertificate({ notBefore, notAfter, extensions })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const server = createServer({ key, cert: pem }, (_, response) => {
    response.sendDate = false
    response.setHeader('Date', serverTime.toUTCString()).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: pem }
}

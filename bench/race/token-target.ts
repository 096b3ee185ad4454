/**
 * Whom the callers of the race for tokens ask, as whom, and with what.
 *
 * @module
 */

import { clientCredentialsForm } from '@landfast/protocol'
import { createAssertionSigner } from '../../packages/agent/src/authority/assertion.ts'
import { type Caller, type Connection, connectGrpc, connectHttp } from './callers.ts'
import { field, frame } from './grpc.ts'

/** Who asks. */
export interface TokenClient {
  clientId: string
  /** Both are PEM. */
  privateKey: string
  certificate: string
}

/** An authority that takes signed assertions over HTTPS. */
interface FormTarget {
  kind: 'form'
  path: string
  /** The audience of an assertion. */
  audience: string
  /** Whether a scope names what a token is for. */
  isScoped: boolean
}

/** A SPIRE server, which is told whose token to make and verifies no assertion. */
interface SpireTarget {
  kind: 'spire'
  trustDomain: string
}

/** An authority, and those it knows. */
export type TokenTarget = (FormTarget | SpireTarget) & {
  connection: Connection
  clients: readonly TokenClient[]
}

/** What a token is for. */
export const RESOURCE = 'https://race.example'

const MINT = '/spire.api.server.svid.v1.SVID/MintJWTSVID'

/** The address of an authority on this host. */
export function originOf({ host, port }: Connection): string {
  return `https://${host}:${port}`
}

/** A new connection to it. */
export function connectTo({ connection, kind }: TokenTarget): Promise<Caller> {
  return kind === 'form' ? connectHttp(connection) : connectGrpc(connection, MINT)
}

/** A request of `client` with an assertion of its own, signed by `signer` if that is another. */
export function prepareRequest(target: TokenTarget, client: TokenClient, signer = client): Buffer {
  if (target.kind === 'spire') {
    const id = Buffer.concat([field(1, target.trustDomain), field(2, `/${client.clientId}`)])
    return frame(field(1, id), field(2, RESOURCE))
  }
  const { clientId, certificate } = client
  const sign = createAssertionSigner({ clientId, certificate, privateKey: signer.privateKey })
  const assertion = sign({ url: target.audience, nowSeconds: Math.floor(Date.now() / 1000) })
  const { scope, ...wanted } = clientCredentialsForm({ clientId, audience: RESOURCE, assertion })
  const form = { ...wanted, ...(target.isScoped && { scope }) }
  return httpRequest(target, new URLSearchParams(form).toString())
}

/** Whether an answer has a token. */
export function hasToken({ status, body }: { status: number; body: string }): boolean {
  return status === 200 && /eyJ[\w-]+\.[\w-]+\.[\w-]+/.test(body)
}

function httpRequest({ path, connection }: FormTarget & { connection: Connection }, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${connection.host}:${connection.port}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

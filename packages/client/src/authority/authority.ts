/**
 * Asks an authority, Microsoft Entra ID or a control plane, for a token: OAuth 2.0 client credentials.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @module
 */

import { CLIENT_CREDENTIALS, JWT_BEARER, WORKLOAD_VARIABLE } from '@landfast/protocol'
import { ClientError } from '../errors.ts'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import { type Answer, exchange } from '../http/http.ts'
import { askUntilSettled } from '../http/retry.ts'
import { quoteServer } from '../http/server-text.ts'
import type { Question, Wanted } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { readFields, readRefusal, readToken } from '../tokens/token-answer.ts'
import type { Token } from '../tokens/token-cache.ts'

const MICROSOFT = 'https://login.microsoftonline.com'
const TENANT = /^[0-9a-zA-Z.-]+$/

/** A client at an authority. */
export interface AuthorityClient {
  /** Its token endpoint. */
  url: URL
  tenantId: string
  clientId: string
}

/** By what a client proves itself. */
export type ClientProof = { secret: string } | { assertion: string }

/**
 * The client that the variables or the options name; in words what is missing.
 *
 * @throws {ClientError} `variable_invalid`.
 */
export function readAuthorityClient(
  { env }: Surroundings,
  wanted: Wanted,
  ids: { clientId: string | undefined; tenantId: string | undefined },
): AuthorityClient | string {
  const { clientId, tenantId } = ids
  if (!tenantId) return `${WORKLOAD_VARIABLE.tenantId} is not set`
  if (!clientId) return `${WORKLOAD_VARIABLE.clientId} is not set`
  if (!TENANT.test(tenantId)) throw new ClientError('variable_invalid', 'the tenant id is no GUID or domain')
  const host = wanted.authorityHost ?? (env[WORKLOAD_VARIABLE.authorityHost] || MICROSOFT)
  const url = readEndpointUrl(WORKLOAD_VARIABLE.authorityHost, host, ['https'])
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, '')}/${tenantId}/oauth2/v2.0/token`
  url.search = ''
  return { url, tenantId, clientId }
}

/** Where the tokens of `client` come from, and whose they are. */
export function placeOf({ url, clientId }: AuthorityClient): string {
  return `${url.href} clientId ${clientId.toLowerCase()}`
}

/**
 * Asks for a token. `prove` is called for each try, since an assertion may be good for one.
 *
 * @throws {ClientError} saying why there is none.
 */
export async function askAuthority(
  client: AuthorityClient,
  prove: () => ClientProof | Promise<ClientProof>,
  question: Question,
  surroundings: Surroundings,
): Promise<Token> {
  let proof: ClientProof | undefined
  const ask = async () => {
    proof = await prove()
    return send(client, proof, question, surroundings)
  }
  const answer = await askUntilSettled(ask, surroundings).catch((error: unknown) => {
    throw asAuthority(error, client)
  })
  const fields = readFields(answer.body)
  if (answer.status === 200) return readToken(fields, surroundings.now(), client.url.origin)
  const { error, description } = readRefusal(fields)
  const said = quoteServer(`${error}: ${description}`, proof ? Object.values(proof) : [])
  const { status: statusCode } = answer
  throw new ClientError('authority_refused', `status ${statusCode} of ${client.url.origin} ("${said}")`, {
    statusCode,
  })
}

async function send(
  { url, clientId }: AuthorityClient,
  proof: ClientProof,
  question: Question,
  { ca }: Surroundings,
): Promise<Answer> {
  const body = new URLSearchParams({
    client_id: clientId,
    grant_type: CLIENT_CREDENTIALS,
    scope: question.scope,
    ...('secret' in proof
      ? { client_secret: proof.secret }
      : { client_assertion: proof.assertion, client_assertion_type: JWT_BEARER }),
    ...(question.claims !== undefined && { claims: question.claims }),
  }).toString()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return exchange({ method: 'POST', url, headers, body, proxied: true, ca })
}

function asAuthority(error: unknown, { url }: AuthorityClient): unknown {
  if (!(error instanceof ClientError) || error.code !== 'endpoint_silent') return error
  return new ClientError('authority_silent', `${url.origin} (${reasonOf(error)})`, { cause: error })
}

function reasonOf({ cause }: ClientError): string {
  return cause instanceof Error ? cause.message : 'nothing came in time'
}

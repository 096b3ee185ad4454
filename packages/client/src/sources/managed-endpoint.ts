/**
 * Asks a managed identity endpoint in any style: the style's row makes the request, and one reader reads the answer.
 *
 * @see docs/protocol.md
 * @module
 */

import { formatKeyAuthorization, HEADER, PARAMETER, type StyleName, styleOf } from '@landfast/protocol'
import { ClientError, type ClientErrorCode } from '../errors.ts'
import { type Answer, exchange } from '../http/http.ts'
import { connectPinned } from '../http/pinned-connection.ts'
import { askUntilSettled } from '../http/retry.ts'
import { quoteServer } from '../http/server-text.ts'
import { confirmIdentity, describeIdentity, type Selected, type Spelling } from '../identity.ts'
import type { Question } from '../source.ts'
import { monotonicMs, type Surroundings } from '../surroundings.ts'
import { type Fields, type Refusal, readFields, readRefusal, readToken } from '../tokens/token-answer.ts'
import type { Token } from '../tokens/token-cache.ts'
import { refuseForeign } from './foreign-metadata.ts'

/** An endpoint, and the identity that is wanted of it. */
export interface ManagedEndpoint {
  style: StyleName
  url: URL
  apiVersion: string | undefined
  /** The value of the style's secret header. */
  secret?: string | undefined
  selected: Selected | undefined
  spelling: Spelling
  /** Whether an answer that does not confirm the selected identity is refused. */
  strict: boolean
  /** Of the certificate, in the style with TLS. */
  thumbprint?: string | undefined
  connectMs?: number
  /** Whether it may well not be there: neither a variable nor a file nor an option says that it is. */
  guessed?: boolean
}

/** Claims that this client understands: it takes a challenge. */
const CAPABILITIES = 'cp1'

/**
 * Asks for a token; `key` answers an Arc agent's challenge. An endpoint that is silent is waited for, unless it is a guess.
 *
 * @throws {ClientError} `endpoint_silent` of a guess, so that a chain goes on, and `endpoint_down` of any other.
 */
export async function askEndpoint(
  endpoint: ManagedEndpoint,
  question: Question,
  surroundings: Surroundings,
  key?: string,
): Promise<Answer> {
  const { style, guessed = false } = endpoint
  const request = writeRequest(endpoint, question, key)
  const rules = { starting: style === 'vm', guessed }
  try {
    return await askUntilSettled(() => sendRequest(endpoint, request), surroundings, rules)
  } catch (error) {
    throw guessed ? error : asDown(error)
  }
}

/** What is set up here and silent is the identity that is meant. */
function asDown(error: unknown): unknown {
  if (!(error instanceof ClientError) || error.code !== 'endpoint_silent') return error
  return new ClientError('endpoint_down', error.detail, { cause: error.cause })
}

/**
 * The token in an endpoint's answer.
 *
 * @throws {ClientError} saying why there is none.
 */
export function readEndpointAnswer(
  endpoint: ManagedEndpoint,
  answer: Answer,
  now: number,
  key?: string,
): Token {
  const fields = readFields(answer.body)
  if (answer.status !== 200) throw refusal(endpoint, answer, fields, key)
  const token = readToken(fields, now, placeOf(endpoint))
  confirmIdentity(endpoint.selected, fields ?? {}, endpoint.strict)
  return token
}

/** What goes over the wire for one token request. */
export interface EndpointRequest {
  method: 'GET' | 'POST'
  url: URL
  /** One of them may hold the endpoint's secret, or a key. */
  headers: Record<string, string>
  body?: string
}

/** What an endpoint is asked; the rest of a question is for other kinds of source. */
type Asked = Pick<Question, 'resource' | 'claims' | 'refusedTokenHash'>

/** The request in the style's own form; `key` answers an Arc agent's challenge. */
export function writeRequest(endpoint: ManagedEndpoint, asked: Asked, key?: string): EndpointRequest {
  const { secret } = endpoint
  const { methods, metadataHeader, secretHeader } = styleOf(endpoint.style)
  const [method = 'GET'] = methods
  const isForm = method === 'POST'
  const fields = parametersOf(endpoint, asked, isForm).toString()
  const url = new URL(endpoint.url)
  if (!isForm) url.search = fields
  return {
    method,
    url,
    headers: {
      ...(metadataHeader && { [HEADER.metadata]: 'true' }),
      ...(secretHeader !== undefined && secret !== undefined && { [secretHeader]: secret }),
      ...(key !== undefined && { [HEADER.authorization]: formatKeyAuthorization(key) }),
      ...(isForm && { 'Content-Type': 'application/x-www-form-urlencoded' }),
    },
    ...(isForm && { body: fields }),
  }
}

/** Sends `request` once, on a connection to the certificate with the endpoint's thumbprint if it has one. */
export async function sendRequest(
  { style, url, connectMs, thumbprint }: ManagedEndpoint,
  request: EndpointRequest,
  timeoutMs?: number,
): Promise<Answer> {
  const started = monotonicMs()
  const connection = thumbprint === undefined ? undefined : await connectPinned(url, thumbprint, timeoutMs)
  const answer = await exchange({
    ...request,
    ...(timeoutMs !== undefined && { timeoutMs: left(timeoutMs - (monotonicMs() - started)) }),
    ...(connectMs !== undefined && { connectMs }),
    ...(connection && { connection }),
  })
  if (style === 'vm') refuseForeign(url, answer)
  return answer
}

/** Whole milliseconds, since a message tells them; a time that is over is as good as one that is about to be. */
function left(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds))
}

/** The query of the endpoint's own URL stays: before these parameters, or in the URL where they are posted. */
function parametersOf(endpoint: ManagedEndpoint, asked: Asked, isForm: boolean): URLSearchParams {
  const { url, apiVersion, selected, spelling } = endpoint
  const fields = new URLSearchParams(isForm ? '' : url.search)
  if (apiVersion !== undefined) fields.set(PARAMETER.apiVersion, apiVersion)
  fields.set(PARAMETER.resource, asked.resource)
  const parameter = selected && spelling[selected.by]
  if (parameter) fields.set(parameter, selected.id)
  if (asked.claims === undefined) return fields
  fields.set('xms_cc', CAPABILITIES)
  if (asked.refusedTokenHash !== undefined) {
    fields.set(PARAMETER.refusedTokenHash, asked.refusedTokenHash)
  }
  return fields
}

function refusal(
  endpoint: ManagedEndpoint,
  answer: Answer,
  fields: Fields | undefined,
  key: string | undefined,
): ClientError {
  const said = quoteRefusal(fields, [endpoint.secret, key])
  const code = codeOf(endpoint, answer, readRefusal(fields))
  const about = code.startsWith('identity_') ? `${describeIdentity(endpoint.selected)}, ` : ''
  const { status: statusCode } = answer
  const detail = `${about}status ${statusCode} of ${placeOf(endpoint)}${said && ` ("${said}")`}`
  return new ClientError(code, detail, { statusCode })
}

/** What a refusal says, on one line and without `secrets`; empty if it says nothing. */
export function quoteRefusal(fields: Fields | undefined, secrets: readonly (string | undefined)[]): string {
  const { error, description } = readRefusal(fields)
  return quoteServer([error, description].filter((text) => text !== '').join(': '), secrets)
}

/** For a person: without its query. */
export function placeOf({ url }: ManagedEndpoint): string {
  return `${url.origin}${url.pathname}`
}

function codeOf(
  { selected, guessed }: ManagedEndpoint,
  { status, body }: Answer,
  { error, description }: Refusal,
): ClientErrorCode {
  // Docker Desktop answers so for an address that it cannot reach.
  if (status === 403 && body.includes('unreachable')) return guessed ? 'endpoint_silent' : 'endpoint_down'
  if (/^identity[ _]not[ _]found/i.test(description) || error === 'identity_not_found') {
    return selected ? 'identity_unknown' : 'identity_missing'
  }
  if (error === 'access_denied') return 'access_denied'
  return status === 429 || status >= 500 ? 'endpoint_failed' : 'endpoint_refused'
}

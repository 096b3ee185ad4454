/**
 * One token request to an endpoint of any style, for those who build tools of their own: what it is on the wire, and
 * what came of it. To answer a challenge is up to the tool; so is asking again, unless it asks patiently.
 *
 * @see docs/protocol.md#styles
 * @module
 */

import { type EndpointLocation, styleOf } from '@landfast/protocol'
import type { AccessToken } from './access-token.ts'
import { ClientError } from './errors.ts'
import { readEndpointUrl } from './http/endpoint-url.ts'
import type { Answer } from './http/http.ts'
import { askUntilSettled } from './http/retry.ts'
import { readArcUrl } from './sources/arc.ts'
import {
  type EndpointRequest,
  type ManagedEndpoint,
  placeOf,
  quoteRefusal,
  sendRequest,
  writeRequest,
} from './sources/managed-endpoint.ts'
import { readSecret } from './sources/secret-variable.ts'
import { type Surroundings, systemSurroundings } from './surroundings.ts'
import { type Fields, readFields, readToken } from './tokens/token-answer.ts'
import type { Token } from './tokens/token-cache.ts'

const TIMEOUT_MS = 30_000
/** The longest time that a timer can hold: 24 days. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** What is asked of which endpoint. */
export interface EndpointQuestion {
  /** The style by its name, the URL, and the secret or the thumbprint where the style wants one. */
  endpoint: EndpointLocation
  /** Sent as it is; the endpoint judges it. */
  resource: string
  /** The identity by its client id, where the style can select one. Default: the one that the endpoint gives. */
  clientId?: string | undefined
  /** What `readKeyFile` returned, to answer a challenge. */
  key?: string | undefined
  /** From the connection to the end of the answer, with all that is asked again; default 30 seconds. */
  timeoutMs?: number | undefined
  /**
   * Asks again while nothing answers, for some five seconds, and after answers that pass by themselves, such as 503.
   * Default: the request is sent once.
   */
  patient?: boolean | undefined
}

/** What the endpoint answered, unless it was a token that cannot be read. */
export interface EndpointAnswer {
  status: number
  /** In a 200. */
  token: AccessToken | undefined
  /** The `WWW-Authenticate` of a 401, for `readChallenge`. */
  challenge: string | undefined
  /** The JSON object as it came; undefined if it was none. */
  fields: Fields | undefined
  /** Why there is no token, in the endpoint's words on one line; empty if it says nothing. */
  refusal: string
}

/**
 * The request that `askEndpoint` sends, to show it. Its headers hold the secret or the key.
 *
 * @throws {ClientError} `variable_invalid` or `option_invalid` if the endpoint is none of its style.
 */
export function describeRequest({ endpoint, resource, clientId, key }: EndpointQuestion): EndpointRequest {
  return writeRequest(readLocation(endpoint, clientId), { resource }, key)
}

/**
 * Sends one token request, never through a proxy; again only if it is to be patient.
 *
 * @throws {ClientError} what `describeRequest` throws, and if nothing answers, something answers that is not the endpoint,
 * or a 200 carries no token.
 */
export async function askEndpoint(question: EndpointQuestion): Promise<EndpointAnswer> {
  const { key, timeoutMs = TIMEOUT_MS } = question
  const endpoint = readLocation(question.endpoint, question.clientId)
  checkTimeout(timeoutMs)
  const surroundings = systemSurroundings()
  const { status, headers, body } = await surroundings.hold(send(endpoint, question, timeoutMs, surroundings))
  const fields = readFields(body)
  const { now } = surroundings
  return {
    status,
    token: status === 200 ? lastingToken(readToken(fields, now(), placeOf(endpoint))) : undefined,
    challenge: status === 401 ? headers['www-authenticate'] : undefined,
    fields,
    refusal: status === 200 ? '' : quoteRefusal(fields, [endpoint.secret, key]),
  }
}

async function send(
  endpoint: ManagedEndpoint,
  { resource, key, patient }: EndpointQuestion,
  timeoutMs: number,
  surroundings: Surroundings,
): Promise<Answer> {
  const { monotonic } = surroundings
  const end = monotonic() + timeoutMs
  const request = writeRequest(endpoint, { resource }, key)
  if (!patient) return sendRequest(endpoint, request, timeoutMs)
  const ask = () => sendRequest(endpoint, request, Math.max(0, end - monotonic()))
  return askUntilSettled(ask, surroundings, { starting: endpoint.style === 'vm', withinMs: timeoutMs })
}

/** A timer of Node's fires at once for a time that it cannot hold. */
function checkTimeout(timeoutMs: number): void {
  if (timeoutMs >= 0 && timeoutMs <= TIMEOUT_MS_MAX) return
  throw new ClientError('option_invalid', `"timeoutMs" must be from 0 to ${TIMEOUT_MS_MAX}`)
}

/** A token that is not held, so that nothing asks for it anew before its end. */
export function lastingToken({ accessToken, expiresAt }: Token): AccessToken {
  return {
    token: accessToken,
    expiresOnTimestamp: expiresAt,
    refreshAfterTimestamp: expiresAt,
    tokenType: 'Bearer',
  }
}

/**
 * The endpoint of a style by its oldest version, which every service knows, asked for the identity of `clientId` or
 * else its own.
 */
function readLocation(
  { style, url, secret, thumbprint }: EndpointLocation,
  clientId: string | undefined,
): ManagedEndpoint {
  if (style === 'aws')
    throw new ClientError('option_invalid', '"endpoint" gives credentials of AWS, and no token')
  const { apiVersions, scheme, secretHeader, selectors } = styleOf(style)
  if (scheme === 'https' && !thumbprint) {
    throw new ClientError('option_invalid', `"endpoint" has no "thumbprint", by which ${style} is known`)
  }
  return {
    style,
    url: style === 'arc' ? readArcUrl('"endpoint"', url) : readEndpointUrl('"endpoint"', url, [scheme]),
    apiVersion: apiVersions.at(-1),
    ...(secretHeader && secret && { secret: readSecret('"secret"', secret) }),
    ...(thumbprint && { thumbprint }),
    ...selectionOf(style, selectors, clientId),
    strict: false,
  }
}

/** The names by which styles select an identity by its client id. */
const CLIENT_ID_NAMES: readonly string[] = ['client_id', 'clientid']

/** Passed over, the client id would be answered with another identity's token. */
function selectionOf(
  style: string,
  selectors: readonly string[],
  clientId: string | undefined,
): Pick<ManagedEndpoint, 'selected' | 'spelling'> {
  if (clientId === undefined) return { selected: undefined, spelling: {} }
  const name = selectors.find((one) => CLIENT_ID_NAMES.includes(one))
  if (name === undefined) throw new ClientError('option_invalid', `"clientId" cannot be selected at ${style}`)
  return { selected: { by: 'clientId', id: clientId }, spelling: { clientId: name } }
}

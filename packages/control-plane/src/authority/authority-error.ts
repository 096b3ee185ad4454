/**
 * The authority's refusals, in Entra's words: one table gives each code its status, its OAuth error, its AADSTS number
 * and its sentence.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  path_unknown: [
    404,
    'invalid_request',
    9002313,
    'there is nothing at this path and method of the authority',
  ],
  request_malformed: [
    400,
    'invalid_request',
    9002313,
    'the request is malformed; send each form field once, as application/x-www-form-urlencoded',
  ],
  request_too_large: [413, 'invalid_request', 9002313, 'the body of the request is too large'],
  tenant_unknown: [400, 'invalid_tenant', 90002, 'the tenant in the path was not found'],
  parameter_missing: [400, 'invalid_request', 900144, 'the request body lacks a required parameter'],
  credential_missing: [
    401,
    'invalid_client',
    7000218,
    "the request must contain the parameter 'client_assertion' or 'client_secret'",
  ],
  credentials_several: [
    400,
    'invalid_request',
    90023,
    'the request names or proves its client in more than one way; keep one',
  ],
  authorization_malformed: [
    401,
    'invalid_client',
    50029,
    'the header "Authorization" must be "Basic", with client id and secret as in RFC 6749, section 2.3.1',
  ],
  grant_unsupported: [
    400,
    'unsupported_grant_type',
    70003,
    "this grant type is not supported; use 'client_credentials'",
  ],
  scope_malformed: [400, 'invalid_scope', 70011, "the scope must be one resource followed by '/.default'"],
  resource_malformed: [
    400,
    'invalid_resource',
    500011,
    'the resource is empty, longer than 2048 characters or holds control characters',
  ],
  resource_is_scope: [
    400,
    'invalid_resource',
    500011,
    "the resource is a scope; leave '/.default' away, or ask the v2.0 endpoint with it as the scope",
  ],
  client_id_malformed: [
    400,
    'unauthorized_client',
    700016,
    'the client id is no GUID, so no application, machine or identity of this tenant has it',
  ],
  client_unknown: [400, 'unauthorized_client', 700016, 'the client was deleted from this tenant'],
  client_disabled: [400, 'unauthorized_client', 7000112, 'the client is disabled'],
  identity_unassigned: [
    400,
    'unauthorized_client',
    501051,
    'the machine is not assigned to a user-assigned identity with this client id',
  ],
  secret_wrong: [401, 'invalid_client', 7000215, 'no client of this tenant has this client id and secret'],
  secret_expired: [401, 'invalid_client', 7000222, 'the client secret has expired; make a new one'],
  assertion_malformed: [
    401,
    'invalid_client',
    50027,
    'the client assertion is not a signed JWT with the claims iss, sub, aud, exp and jti, good for 10 minutes at most',
  ],
  client_mismatch: [
    401,
    'invalid_client',
    700021,
    'iss and sub of the client assertion must be the client id of whose key signed it',
  ],
  audience_wrong: [
    401,
    'invalid_client',
    700023,
    'the audience of the client assertion must be the token endpoint of this tenant',
  ],
  assertion_out_of_time: [
    401,
    'invalid_client',
    700024,
    'the client assertion is not within its valid time; compare the clocks of both sides',
  ],
  signature_invalid: [
    401,
    'invalid_client',
    700027,
    'no client of this tenant has this client id and a key that signed the client assertion and has not expired',
  ],
  federation_unmatched: [
    401,
    'invalid_client',
    70021,
    'no federated credential of this client names the issuer of the assertion, or that issuer does not vouch for it',
  ],
  federation_subject_unmatched: [
    401,
    'invalid_client',
    700213,
    'no federated credential of this client names the subject of the assertion with its issuer; case matters',
  ],
  federation_audience_unmatched: [
    401,
    'invalid_client',
    700212,
    'the assertion must have exactly one audience, that of the federated credential for its issuer and subject',
  ],
  federation_malformed: [
    401,
    'invalid_client',
    50027,
    'an assertion of another issuer is a JWT signed by RS256, RS384, RS512, PS256, PS384, PS512, ES256 or ES384 that names its key by kid and has the claims iss, sub, aud, iat and exp, good for 24 hours at most',
  ],
  federation_unavailable: [
    503,
    'temporarily_unavailable',
    50166,
    'the issuer of the assertion could not be asked for its keys; the log of the authority says why',
  ],
  assertion_spent: [
    401,
    'invalid_client',
    50013,
    'the client assertion was used before; make a new one with another jti for each request',
  ],
  unavailable: [
    503,
    'temporarily_unavailable',
    90033,
    'the authority cannot reach its database at the moment; ask again',
  ],
  requests_too_many: [
    429,
    'temporarily_unavailable',
    90055,
    "there are too many requests of this client, or too many wrong credentials from its address; wait as long as 'Retry-After' says",
  ],
  internal: [500, 'server_error', 50000, 'the authority failed; its log says why under the correlation id'],
} as const satisfies Record<
  string,
  readonly [status: number, error: string, number: number, sentence: string]
>

/** A stable code of what the authority refused. */
export type AuthorityErrorCode = keyof typeof ERRORS

/** A request that the authority refuses. `detail` goes on the wire; it must not hold anything secret or unchecked. */
export class AuthorityError extends codedError('AuthorityError', ERRORS, ([, , , sentence], circumstances) =>
  withDetail(sentence, circumstances),
) {
  /** HTTP status of the answer. */
  readonly status: number = ERRORS[this.code][0]
  /** OAuth error of the answer. */
  readonly error: string = ERRORS[this.code][1]
  /** The number after "AADSTS". */
  readonly number: number = ERRORS[this.code][2]
}

/** What the number after "AADSTS" may mean, as the audit trail has it: some refusals share one. Empty for another code. */
export function meaningsOf(number: string): string[] {
  return Object.values(ERRORS)
    .filter(([, , known]) => String(known) === number)
    .map(([, , , sentence]) => sentence)
}

/** What names one request in answers, audit trail and log. */
export interface Trace {
  traceId: string
  /** The caller's own `client-request-id`, if it sent a GUID, or else the trace that it names. */
  correlationId: string
}

/** The body of a refusal, as Entra's v1 and v2 endpoints write it. */
export interface AuthorityErrorAnswer {
  error: string
  error_description: string
  error_codes: [number]
  timestamp: string
  trace_id: string
  correlation_id: string
}

/** The body for `error`. */
export function formatAuthorityError(error: AuthorityError, trace: Trace, now: Date): AuthorityErrorAnswer {
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`
  return {
    error: error.error,
    error_description: `AADSTS${error.number}: ${sentenceOf(error.message)} Trace ID: ${trace.traceId} Correlation ID: ${trace.correlationId} Timestamp: ${timestamp}`,
    error_codes: [error.number],
    timestamp,
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
  }
}

function sentenceOf(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
}

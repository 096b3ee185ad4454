/**
 * The errors of the local endpoint: one table gives each code its status, its OAuth error and the sentence that a
 * developer reads in the exception of an official SDK.
 *
 * Sentences never contain "unreachable" and only `identity_not_found` and `identity_refused` begin with
 * "Identity not found": SDKs look for those words. Nor do they name the challenge's header: the shell sample of
 * Arc's documentation greps the whole answer for it.
 *
 * @see docs/errors.md
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 * @module
 */

import { type Circumstances, codedError } from './coded-error.ts'
import { KEY_FIRST_USE_SECONDS, NONCE_MAX_CHARACTERS, RESOURCE_MAX_CHARACTERS } from './limits.ts'
import { HEADER, PARAMETER } from './names.ts'

const ERRORS = {
  path_unknown: [404, 'not_found', 'there is nothing at this path of the identity endpoint'],
  method_not_allowed: [
    405,
    'method_not_allowed',
    'the method is not answered here; the header "Allow" names the one that is',
  ],
  host_not_allowed: [
    400,
    'invalid_request',
    'the Host header names another host; ask localhost or a loopback address',
  ],
  request_proxied: [
    400,
    'invalid_request',
    'the request came through a proxy (X-Forwarded-*, Forwarded or Via); add the endpoint to NO_PROXY and ask directly',
  ],
  metadata_header_missing: [
    400,
    'invalid_request',
    `Required metadata header not specified; send the header "${HEADER.metadata}: true" exactly once`,
  ],
  identity_header_rejected: [401, 'unauthorized_client', 'the secret of this endpoint is missing or wrong'],
  caller_not_local: [
    400,
    'invalid_request',
    'the connection does not come from a process of this host, or the kernel does not show it',
  ],
  caller_unknown: [
    503,
    'service_unavailable',
    'the agent could not find out in time who asks: this host has very many connections, and the kernel shows only a list of all of them; try again later',
  ],
  caller_denied: [
    403,
    'access_denied',
    'the user that asks may have no token here: it is neither root nor the user of the agent, nor a member of the group that may ask',
  ],
  workload_elsewhere: [
    403,
    'access_denied',
    'the request comes from a network in which the secret of this workload is not good',
  ],
  endpoint_throttled: [
    429,
    'too_many_requests',
    'more is asked here than the endpoint answers at once; try again later',
  ],
  body_too_large: [413, 'invalid_request', 'the form is larger than any token request'],
  query_malformed: [400, 'invalid_request', 'the query string is not valid percent-encoded UTF-8'],
  api_version_missing: [400, 'invalid_request', 'The api-version not specified.'],
  api_version_unsupported: [400, 'invalid_request', 'The api-version is not supported.'],
  parameter_repeated: [400, 'invalid_request', 'a query parameter is given more than once; give each once'],
  parameter_malformed: [400, 'invalid_request', 'a query parameter is too long or holds control characters'],
  resource_missing: [400, 'invalid_request', 'the query parameter "resource" is required'],
  resource_malformed: [
    400,
    'invalid_request',
    `the query parameter "resource" is longer than ${RESOURCE_MAX_CHARACTERS} characters or holds spaces or control characters`,
  ],
  resource_is_scope: [
    400,
    'invalid_resource',
    'the query parameter "resource" names a scope, to which "/.default" belongs, and no resource',
  ],
  selector_repeated: [
    400,
    'invalid_request',
    'more than one identity is selected; give one of client_id, object_id and msi_res_id',
  ],
  selector_unsupported: [400, 'invalid_request', 'this style selects no identity so'],
  key_required: [
    401,
    'unauthorized_client',
    `Missing Basic Authorization header; read the key file named in the challenge (root and members of its group may) and send its content as "${HEADER.authorization}: Basic"`,
  ],
  key_rejected: [
    401,
    'unauthorized_client',
    `the key is unknown, was already used, or was first presented more than ${KEY_FIRST_USE_SECONDS} seconds after its challenge; read the key file named in the challenge and send its content as "${HEADER.authorization}: Basic"`,
  ],
  key_file_failed: [
    503,
    'service_unavailable',
    'the agent could not write a key file; its log says why, most often a full disk',
  ],
  identity_not_found: [
    400,
    'invalid_request',
    'Identity not found: the selected identity is not assigned to this machine; remove the selector (AZURE_CLIENT_ID is one) or name an assigned identity',
  ],
  identity_refused: [400, 'invalid_request', 'Identity not found: the authority refuses this machine'],
  policy_denied: [403, 'access_denied', 'the policy of this host refuses the token'],
  resource_refused: [
    400,
    'invalid_resource',
    'the authority knows no resource by the value of "resource", or this identity may have no token for it',
  ],
  credentials_refused: [
    403,
    'access_denied',
    'the Security Token Service of AWS gives this identity no credentials of the role',
  ],
  upstream_throttled: [429, 'too_many_requests', 'the authority asks to slow down; try again later'],
  upstream_unavailable: [
    503,
    'service_unavailable',
    'the authority does not answer and no token is left to serve; the log of the agent says why',
  ],
  api_version_invalid: [
    400,
    'invalid_request',
    'Bad request. api-version is invalid or was not specified in the request. For more information refer to aka.ms/azureimds',
  ],
  format_malformed: [
    400,
    'invalid_request',
    `the query parameter "${PARAMETER.format}" must be "json" or "text"`,
  ],
  format_text_required: [
    400,
    'invalid_request',
    `a single value is given as text only; add "${PARAMETER.format}=text"`,
  ],
  nonce_malformed: [
    400,
    'invalid_request',
    `the query parameter "${PARAMETER.nonce}" must be 1 to ${NONCE_MAX_CHARACTERS} letters and digits`,
  ],
  attestation_unavailable: [
    503,
    'service_unavailable',
    'the control plane did not certify the key of this agent for attested documents; the log of the agent says why',
  ],
  headers_too_large: [431, 'invalid_request', 'the headers of the request are too large'],
  request_timeout: [408, 'invalid_request', 'the request was not complete in time'],
  http_malformed: [400, 'invalid_request', 'the request is not valid HTTP/1.1'],
  internal: [500, 'server_error', 'the agent failed; its log says why under the correlation_id'],
} as const satisfies Record<string, readonly [status: number, error: string, description: string]>

/** A stable code of a failed request on the local endpoint. */
export type WireErrorCode = keyof typeof ERRORS

/** A request that is answered with an error. The message is the description that goes on the wire. */
export class WireError extends codedError('WireError', ERRORS, ([, , description], { detail }) =>
  detail ? `${description} ${detail}` : description,
) {
  /** HTTP status of the answer. */
  readonly status: number = ERRORS[this.code][0]
  /** OAuth error of the answer. */
  readonly error: string = ERRORS[this.code][1]
  /** Seconds after which the caller may try again, if that is known. */
  readonly retryAfterSeconds: number | undefined

  /** `detail` is appended to the table's sentence; it must not hold anything secret or unchecked. */
  constructor(code: WireErrorCode, options: Circumstances & { retryAfterSeconds?: number } = {}) {
    super(code, options)
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The flat OAuth body of an error: strings only, as every official client reads it. */
export interface ErrorAnswer {
  error: string
  error_description: string
  correlation_id: string
  /** With `message`, in styles whose clients read these two and nothing else. */
  statusCode?: string
  message?: string
}

/** The body of an error in the style of Service Fabric, whose clients take `error` for an object. */
export interface NestedErrorAnswer {
  error: { code: string; message: string; correlationId: string }
}

/** The body of an error in the style of AWS, whose clients show `Code` and `Message`. */
export interface AwsErrorAnswer {
  Code: string
  Message: string
  RequestId: string
}

/** What an answer says of an error: the code of our table, OAuth's, a sentence, and the status. */
export type SaidError = Readonly<Pick<WireError, 'message' | 'status'>> & { code: string; error: string }

/** What of a style decides the form of its errors. */
export interface ErrorForm {
  /**
   * What proves that the caller may ask: a key file it can read, a secret header it was given, or who it is. Clients
   * that send a secret header read `statusCode` and `message`.
   */
  readonly proof: 'key-file' | 'secret-header' | 'caller'
  /** OAuth's own form, that of Service Fabric, in which `error` is an object, or that of AWS. */
  readonly errors: 'flat' | 'nested' | 'aws'
}

/**
 * The body for `error`; `correlationId` is the one in the agent's log. MSAL for Python shows of an App Service's error
 * only what that service calls `statusCode` and `message`, and breaks in the style of Service Fabric on any `error`
 * that is a text.
 *
 * @see https://learn.microsoft.com/azure/service-fabric/how-to-managed-identity-service-fabric-app-code#error-handling
 */
export function formatErrorAnswer(
  error: SaidError,
  correlationId: string,
  form?: ErrorForm,
): ErrorAnswer | NestedErrorAnswer | AwsErrorAnswer {
  const { code, message, status } = error
  if (form?.errors === 'aws') return { Code: code, Message: message, RequestId: correlationId }
  if (form?.errors === 'nested') return { error: { code: error.error, message, correlationId } }
  return {
    error: error.error,
    error_description: message,
    correlation_id: correlationId,
    ...(form?.proof === 'secret-header' && { statusCode: String(status), message }),
  }
}

/**
 * Why there is no token: one table gives each code its name, its sentence and what to do.
 *
 * The name decides what a chain of credentials does, in this client and in `@azure/identity`: it goes on after a
 * `CredentialUnavailableError`, which says that this program has no such identity here, and stops at any other, which
 * says that it has one that fails.
 *
 * @see docs/errors.md#the-client
 * @module
 */

import { type Circumstances, codedError } from '@landfast/protocol'

const GO_ON = 'CredentialUnavailableError'
const STOP = 'AuthenticationError'

const ERRORS = {
  no_source: [
    GO_ON,
    'no identity was found for this program',
    'set up one of the sources, or ask explain() about them',
  ],
  source_missing: [
    GO_ON,
    'the source that was asked for is not here',
    'set it up, or leave the choice to the chain',
  ],
  endpoint_silent: [
    GO_ON,
    'the identity endpoint does not answer',
    'see that its service runs and that this program may reach it',
  ],
  endpoint_foreign: [
    GO_ON,
    'what answers is no identity endpoint of Azure',
    'it is the metadata service of another cloud, or a proxy; name a source that is here',
  ],
  identity_missing: [
    GO_ON,
    'the endpoint has no identity for this program',
    'assign one, or switch the system-assigned identity on',
  ],
  identity_unselectable: [
    GO_ON,
    'the source that is here cannot select an identity so',
    'use its own identity, or select by what it can',
  ],
  key_file_unreadable: [
    GO_ON,
    'this process may not read the key file',
    'make its user a member of that group and start it anew',
  ],
  key_file_missing: [
    GO_ON,
    'the key file is not there',
    'in a container, mount the key folder of the host; elsewhere see what answers at this address',
  ],
  command_missing: [GO_ON, 'the command is not installed', 'install it, or name a source that is here'],
  command_failed: [GO_ON, 'the command gave no token', 'log in with it, and run it by hand to see more'],
  scopes_many: [GO_ON, 'a token is for one scope', 'ask once for each'],
  claims_unsupported: [GO_ON, 'this source cannot meet a challenge of claims', 'log in anew'],
  endpoint_down: [
    STOP,
    'the identity endpoint that is set up here does not answer',
    'see that its service runs; if it is not meant, remove what it was found by, or name another source',
  ],
  option_invalid: [STOP, 'an option is not valid', 'correct it'],
  variable_invalid: [STOP, 'an environment variable is not valid', 'correct it or remove it'],
  resource_invalid: [
    STOP,
    'the resource is not valid',
    'give one URI or GUID without spaces, such as "https://storage.azure.com"',
  ],
  token_kind_unsupported: [STOP, 'only bearer tokens can be had', 'ask without proof of possession'],
  tenant_foreign: [
    STOP,
    'this identity belongs to another tenant than the one asked for',
    'ask without "tenantId", or use an identity of that tenant',
  ],
  challenge_malformed: [
    STOP,
    'the challenge names no key file',
    'something else answers at this address; see what listens there',
  ],
  key_file_foreign: [
    STOP,
    'the challenge names a file outside of the key folder',
    'something else answers at this address; see what listens there',
  ],
  key_folder_unsafe: [
    STOP,
    'others could put files into the key folder',
    'make root the owner of it and of the folders above it, and let no other user write to them',
  ],
  key_file_unsafe: [
    STOP,
    'the key file is not what an agent makes',
    'see who wrote it, and what answers at this address',
  ],
  key_rejected: [
    STOP,
    'the endpoint rejected the key twice',
    'a key is good for 60 seconds; see the log of the agent, and that no proxy is between',
  ],
  identity_unknown: [STOP, 'the selected identity is not assigned here', 'assign it, or select another'],
  identity_unconfirmed: [
    STOP,
    'the answer does not confirm that the token is for the selected identity',
    'update the agent, or use the system-assigned identity',
  ],
  access_denied: [
    STOP,
    'this program may not have the token',
    'ask the administrator of this host, who keeps its policy',
  ],
  endpoint_refused: [
    STOP,
    'the identity endpoint refused the request',
    'correct what it names; if it names nothing, see what answers at this address',
  ],
  endpoint_failed: [STOP, 'the identity endpoint failed', 'try again later; its log says why'],
  redirect_refused: [
    STOP,
    'the answer leads elsewhere, and is not followed',
    'see what answers at this address; it may be a proxy',
  ],
  answer_too_large: [STOP, 'the answer is too large', 'see what answers at this address'],
  answer_malformed: [STOP, 'the answer is not one that carries a token', 'see what answers at this address'],
  token_ended: [
    STOP,
    'the token in the answer has ended already',
    'compare the clocks of this machine and the endpoint',
  ],
  certificate_mismatch: [
    STOP,
    'the endpoint shows another certificate than IDENTITY_SERVER_THUMBPRINT names',
    'see what listens at this address; nothing was sent to it',
  ],
  certificate_unusable: [
    STOP,
    'the client certificate cannot be used',
    'give one PEM file with the certificate and its RSA key',
  ],
  token_file_unreadable: [
    STOP,
    'the federated token cannot be read',
    'see the path, its mode and that it is mounted',
  ],
  federation_failed: [
    STOP,
    'the platform gave no token to exchange',
    'see the permissions of the job; GitHub wants "id-token: write"',
  ],
  authority_silent: [
    STOP,
    'the authority does not answer',
    'see the network and the proxy, and AZURE_AUTHORITY_HOST',
  ],
  authority_refused: [STOP, 'the authority refused the request', 'correct what the sentence names'],
  aborted: ['AbortError', 'the caller gave up', 'nothing is wrong'],
} as const satisfies Record<string, readonly [name: string, message: string, hint: string]>

/** A stable code of a token that could not be had. */
export type ClientErrorCode = keyof typeof ERRORS

type ClientErrorName = (typeof ERRORS)[ClientErrorCode][0]

/** What may be known beside the code. */
export interface ClientErrorOptions {
  cause?: unknown
  /** HTTP status of the answer. */
  statusCode?: number | undefined
}

/** There is no token. The message says why, about what, and what to do; it never holds a secret. */
export class ClientError extends codedError(STOP as ClientErrorName, ERRORS, sentenceOf) {
  /** What a chain goes by. */
  override readonly name = ERRORS[this.code][0]
  /** The path, address, variable or user that is meant; part of the message as well. */
  readonly detail: string
  /** What to do; part of the message, since SDKs show nothing else. */
  readonly hint: string = ERRORS[this.code][2]
  /** HTTP status of the answer, if one was the reason. */
  readonly statusCode: number | undefined

  constructor(code: ClientErrorCode, detail: string, { cause, statusCode }: ClientErrorOptions = {}) {
    super(code, { detail, cause })
    this.detail = detail
    this.statusCode = statusCode
  }
}

function sentenceOf(
  [, message, hint]: (typeof ERRORS)[ClientErrorCode],
  { detail = '' }: Circumstances,
): string {
  return isList(detail) ? `${message}; ${hint}:${detail}` : `${message}: ${detail}; ${hint}`
}

/** What has lines of its own stands at the end. */
function isList(detail: string): boolean {
  return detail.startsWith('\n')
}

/** Whether a chain goes on after `error`. */
export function isUnavailable(error: unknown): error is ClientError {
  return error instanceof ClientError && error.name === GO_ON
}

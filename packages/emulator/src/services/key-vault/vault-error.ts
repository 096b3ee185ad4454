/**
 * What the key vault refuses, in the words of Azure's: one table gives each code its status and its error.
 *
 * @see docs/errors.md#the-key-vault-of-the-emulator
 * @module
 */

import { type Circumstances, codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  host_foreign: [400, 'BadParameter', 'the header "Host" names another server'],
  version_unknown: [400, 'BadParameter', 'the query parameter "api-version" is required, as "7.4" or a date'],
  parameter_invalid: [400, 'BadParameter', 'the request cannot be understood'],
  token_missing: [401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'],
  token_invalid: [401, 'Unauthorized', 'the token is not accepted'],
  role_missing: [
    403,
    'Forbidden',
    'Caller is not authorized to perform action on resource.',
    'ForbiddenByRbac',
  ],
  secret_disabled: [403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled'],
  path_unknown: [404, 'NotFound', 'there is nothing at this path'],
  secret_unknown: [404, 'SecretNotFound', 'the key vault has no such secret'],
  deleted_secret_unknown: [404, 'SecretNotFound', 'the key vault has no such deleted secret'],
  method_unknown: [405, 'MethodNotAllowed', 'this path has no such method'],
  secret_deleted: [
    409,
    'Conflict',
    'the secret is deleted but recoverable, and its name cannot be reused: recover or purge it',
    'ObjectIsDeletedButRecoverable',
  ],
  request_failed: [500, 'InternalServerError', 'the key vault failed'],
  not_emulated: [501, 'NotImplemented', 'the key vault of the emulator has secrets only'],
} as const satisfies Record<
  string,
  readonly [status: number, code: string, message: string, innerCode?: string]
>

/** A stable code of what was refused. */
export type VaultErrorCode = keyof typeof ERRORS

type Row = (typeof ERRORS)[VaultErrorCode]

/** Azure says it in lines of their own. */
function messageOf([, , message]: Row, { detail = '' }: Circumstances): string {
  return message.endsWith('.') && detail !== '' ? `${message}\n${detail}` : withDetail(message, { detail })
}

/** A request that the key vault refuses. */
export class VaultError extends codedError('VaultError', ERRORS, messageOf) {
  readonly status: number = ERRORS[this.code][0]

  /** `detail` is sent to the caller. */
  constructor(code: VaultErrorCode, detail?: string, cause?: unknown) {
    super(code, { ...(detail !== undefined && { detail }), cause })
  }

  /** The body of the answer. */
  get body(): object {
    const [, code, , innerCode] = ERRORS[this.code] as Row & { 3?: string }
    return { error: { code, message: this.message, ...(innerCode && { innererror: { code: innerCode } }) } }
  }
}

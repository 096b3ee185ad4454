/**
 * What the emulator's Service Bus refuses, in the words of AMQP: one table gives each code its status and its condition.
 *
 * @see docs/errors.md#the-service-bus-of-the-emulator
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  request_invalid: [400, 'amqp:invalid-field', 'the request cannot be understood'],
  token_missing: [401, 'amqp:unauthorized-access', 'no token has come over this connection'],
  token_kind: [401, 'amqp:unauthorized-access', 'the emulator takes tokens of kind "jwt" only'],
  token_invalid: [401, 'amqp:unauthorized-access', 'the token is not accepted'],
  role_missing: [401, 'amqp:unauthorized-access', 'Unauthorized access.'],
  entity_unknown: [404, 'amqp:not-found', 'the messaging entity could not be found'],
  message_too_large: [413, 'amqp:link:message-size-exceeded', 'the message is too large'],
  request_failed: [500, 'amqp:internal-error', 'the Service Bus of the emulator failed'],
  not_emulated: [501, 'amqp:not-implemented', 'the Service Bus of the emulator has queues only'],
} as const satisfies Record<string, readonly [status: number, condition: string, message: string]>

/** A stable code of what was refused. */
export type BusErrorCode = keyof typeof ERRORS

/** Something that the emulator's Service Bus refuses. */
export class BusError extends codedError('BusError', ERRORS, ([, , message], circumstances) =>
  withDetail(message, circumstances),
) {
  /** Of the answer to a request; the numbers are those of HTTP. */
  readonly status: number = ERRORS[this.code][0]
  /** Of a link or a message that is refused. */
  readonly condition: string = ERRORS[this.code][1]

  /** `detail` is sent to the caller. */
  constructor(code: BusErrorCode, detail?: string, cause?: unknown) {
    super(code, { ...(detail !== undefined && { detail }), cause })
  }
}

/**
 * Messages as AMQP has them: what a queue says of one that it delivers, and answers to requests.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
 * @module
 */

import { randomUUID } from 'node:crypto'
import rhea, { type Message } from 'rhea'
import { BusError } from './bus-error.ts'
import type { Queued } from './message-queue.ts'

const { message: codec, types } = rhea

/** For how long a client believes in its lock. Here a lock lasts until its receiver ends. */
const LOCK_MILLISECONDS = 60 * 60 * 1000

/** What is delivered of `queued`. */
export function formatDelivery(queued: Queued<Message>, nowMilliseconds: number): Message {
  const { message, sequenceNumber, enqueuedAt, deliveries, deadLetter } = queued
  return {
    ...message,
    delivery_count: deliveries,
    message_annotations: {
      ...message.message_annotations,
      'x-opt-sequence-number': types.wrap_long(sequenceNumber),
      'x-opt-enqueued-sequence-number': types.wrap_long(sequenceNumber),
      'x-opt-enqueued-time': types.wrap_timestamp(enqueuedAt),
      'x-opt-locked-until': types.wrap_timestamp(nowMilliseconds + LOCK_MILLISECONDS),
    },
    ...(deadLetter && {
      application_properties: {
        ...message.application_properties,
        DeadLetterReason: deadLetter.reason,
        DeadLetterErrorDescription: deadLetter.description,
      },
    }),
  }
}

/** The answer to `request`: it was done, or why not. The nodes spell their status in two ways. */
export function formatAnswer(request: Message, error: BusError | undefined): Message {
  const status = error?.status ?? 202
  const description = error?.message ?? 'Accepted'
  return {
    ...(request.reply_to !== undefined && { to: request.reply_to }),
    ...(request.message_id !== undefined && { correlation_id: request.message_id }),
    application_properties: {
      'status-code': types.wrap_int(status),
      'status-description': description,
      statusCode: types.wrap_int(status),
      statusDescription: description,
      ...(error && {
        'error-condition': types.wrap_symbol(error.condition),
        errorCondition: types.wrap_symbol(error.condition),
      }),
    },
    body: undefined,
  }
}

/** That of Azure's standard tier; of a message as it is sent, or of a batch. */
export const MESSAGE_MAX_BYTES = 256 * 1024

/** How a client says that a message waits until later. */
const SCHEDULED = 'x-opt-scheduled-enqueue-time'

/** The format of a message that holds others, each whole in a section of data. */
const BATCH = 0x80013700

/**
 * What was sent: one message, or those of a batch, which the library leaves as it came. The service gives an id to each that has none.
 *
 * @throws {BusError} `message_too_large`, `not_emulated`, of all of them.
 */
export function unpack(sent: Message | Buffer | undefined, format: number | undefined): Message[] {
  if (sent === undefined) return []
  const { length } = Buffer.isBuffer(sent) ? sent : codec.encode(sent)
  if (length > MESSAGE_MAX_BYTES)
    throw new BusError('message_too_large', `${length} bytes, of ${MESSAGE_MAX_BYTES} at most`)
  const message = Buffer.isBuffer(sent) ? decode(sent) : sent
  const messages = format === BATCH ? [message.body?.content].flat().map(decode) : [message]
  if (messages.some(({ message_annotations = {} }) => SCHEDULED in message_annotations))
    throw new BusError('not_emulated', 'messages cannot be scheduled')
  return messages.map((one) => ({ ...one, message_id: one.message_id ?? randomUUID().replaceAll('-', '') }))
}

function decode(bytes: Buffer): Message {
  return codec.decode(bytes) as unknown as Message
}

/** The text that a message has, in whichever way. */
export function textOf({ body }: Message): string | undefined {
  const content: unknown = body?.typecode === undefined ? body : body.content
  if (Buffer.isBuffer(content)) return content.toString()
  return typeof content === 'string' ? content : undefined
}

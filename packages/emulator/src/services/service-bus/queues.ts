/**
 * The queues of a Service Bus. One exists as soon as somebody names it.
 *
 * @module
 */

import type { Message } from 'rhea'
import { BusError } from './bus-error.ts'
import { MessageQueue } from './message-queue.ts'

/** More than an application has. */
const QUEUES_MAX = 1_000

/** Queues by their names. */
export class Queues {
  readonly #nowMilliseconds: () => number
  readonly #queues = new Map<string, MessageQueue<Message>>()

  constructor(nowMilliseconds: () => number) {
    this.#nowMilliseconds = nowMilliseconds
  }

  /** The queue, or that of its dead messages. @throws {BusError} `entity_unknown`, where there are too many. */
  find(name: string, isDeadLetter = false): MessageQueue<Message> {
    const queue = this.#queues.get(name) ?? this.#create(name)
    return isDeadLetter ? (queue.deadLetters ?? queue) : queue
  }

  #create(name: string): MessageQueue<Message> {
    if (this.#queues.size >= QUEUES_MAX)
      throw new BusError('entity_unknown', `there are ${QUEUES_MAX} queues already`)
    const queue = new MessageQueue<Message>(this.#nowMilliseconds)
    this.#queues.set(name, queue)
    return queue
  }
}

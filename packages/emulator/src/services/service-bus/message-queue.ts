/**
 * A queue of a Service Bus, in memory: messages wait, are locked by who receives them, and are completed or come back.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement
 * @module
 */

/** After so many deliveries a message is dead: Azure's default. */
const DELIVERIES_MAX = 10

/** Why a message is dead. */
export interface DeadLetter {
  reason: string
  description: string
}

/** A message in a queue. */
export interface Queued<Message> {
  readonly message: Message
  readonly sequenceNumber: number
  /** Milliseconds since 1970. */
  readonly enqueuedAt: number
  /** How often it was received before. */
  deliveries: number
  deadLetter?: DeadLetter
}

/** Messages in the order in which they came. */
export class MessageQueue<Message> {
  readonly #nowMilliseconds: () => number
  readonly #waiting: Queued<Message>[] = []
  readonly #locked = new Map<string, Queued<Message>>()
  readonly #watchers = new Set<() => void>()
  #lastNumber = 0
  /** Those that are dead; a dead message never leaves its own queue. */
  readonly deadLetters: MessageQueue<Message> | undefined

  /** `isDead`: it is itself the queue of the dead messages of another. */
  constructor(nowMilliseconds: () => number, { isDead = false } = {}) {
    this.#nowMilliseconds = nowMilliseconds
    this.deadLetters = isDead ? undefined : new MessageQueue(nowMilliseconds, { isDead: true })
  }

  /** Calls `onWaiting` whenever a message may be waiting, until what this returns is called. */
  watch(onWaiting: () => void): () => void {
    this.#watchers.add(onWaiting)
    onWaiting()
    return () => this.#watchers.delete(onWaiting)
  }

  /** A message that waits from now on. */
  add(message: Message, deadLetter?: DeadLetter): void {
    this.#waiting.push({
      message,
      sequenceNumber: ++this.#lastNumber,
      enqueuedAt: this.#nowMilliseconds(),
      deliveries: 0,
      ...(deadLetter && { deadLetter }),
    })
    this.#tell()
  }

  /** The message that has waited longest, now locked as `lock`; without a lock it is gone. */
  take(lock?: string): Queued<Message> | undefined {
    const queued = this.#waiting.shift()
    if (queued && lock !== undefined) this.#locked.set(lock, queued)
    return queued
  }

  /** Whether there was such a lock; its message is gone. */
  complete(lock: string): boolean {
    return this.#locked.delete(lock)
  }

  /** The message waits again, before all others, as if it had not been delivered. */
  release(lock: string): void {
    const queued = this.#unlock(lock)
    if (!queued) return
    this.#putBack(queued)
    this.#tell()
  }

  /** The message waits again, before all others; one that was delivered too often is dead. */
  abandon(lock: string): void {
    const queued = this.#unlock(lock)
    if (!queued) return
    queued.deliveries++
    if (this.deadLetters && queued.deliveries >= DELIVERIES_MAX) {
      this.deadLetters.add(queued.message, {
        reason: 'MaxDeliveryCountExceeded',
        description: `Message could not be consumed after ${DELIVERIES_MAX} delivery attempts.`,
      })
      return
    }
    this.#putBack(queued)
    this.#tell()
  }

  /** The message is dead. */
  bury(lock: string, why: DeadLetter): void {
    const queued = this.#unlock(lock)
    if (queued) (this.deadLetters ?? this).add(queued.message, why)
  }

  /** Who was told last time first is told last this time, so that all have some. */
  #tell(): void {
    const [first, ...others] = this.#watchers
    if (!first) return
    this.#watchers.delete(first)
    this.#watchers.add(first)
    for (const onWaiting of [first, ...others]) onWaiting()
  }

  #unlock(lock: string): Queued<Message> | undefined {
    const queued = this.#locked.get(lock)
    this.#locked.delete(lock)
    return queued
  }

  #putBack(queued: Queued<Message>): void {
    const behind = this.#waiting.findIndex(({ sequenceNumber }) => sequenceNumber > queued.sequenceNumber)
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, queued)
  }
}

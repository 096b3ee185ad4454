/**
 * Gives a receiver the messages of a queue, as many as it has asked for, and hears what becomes of each.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement
 * @module
 */

import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers'
import rhea, { type Delivery, type EventContext, type Message, type Sender } from 'rhea'
import { BusError } from './bus-error.ts'
import { formatDelivery } from './bus-message.ts'
import type { DeadLetter, MessageQueue } from './message-queue.ts'

/** What the types of the library leave out. */
const { rejected } = rhea.message as unknown as {
  rejected(fields: { error?: { condition: string; description: string } }): { described(): unknown }
}
const creditOf = (link: Sender) => (link as Sender & { credit: number }).credit

/** How a receiver says that messages are gone when they are sent. */
const SETTLED = 1

/** Where clients read from a queue. */
export class QueueOutlet {
  readonly #link: Sender
  readonly #queue: MessageQueue<Message>
  readonly #nowMilliseconds: () => number
  /** What this receiver has not said anything of. */
  readonly #locks = new Set<string>()
  readonly #unwatch: () => void
  #isFilling = false

  constructor(link: Sender, queue: MessageQueue<Message>, nowMilliseconds: () => number) {
    this.#link = link
    this.#queue = queue
    this.#nowMilliseconds = nowMilliseconds
    link.on('sender_flow', () => this.#fill())
    // The client wants no more than there is, and its credit back.
    link.on('sender_draining', () => link.set_drained(true))
    link.on('accepted', (context) => this.#settle(context, (lock) => queue.complete(lock)))
    // The clients in Go and Python do so with what comes when they want nothing.
    link.on('released', (context) => this.#settle(context, (lock) => queue.release(lock)))
    link.on('rejected', (context) =>
      this.#settle(context, (lock) => queue.bury(lock, reasonOf(context)), rejected({}).described()),
    )
    link.on('modified', (context) => this.#modify(context))
    this.#unwatch = queue.watch(() => this.#fillSoon())
  }

  /** What this receiver has locked waits again. */
  end(): void {
    this.#unwatch()
    for (const lock of this.#locks) this.#queue.abandon(lock)
    this.#locks.clear()
  }

  /** The link counts its credit only once what was sent is on its way. */
  #fillSoon(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    setImmediate(() => {
      this.#isFilling = false
      if (this.#link.is_open()) this.#fill()
    })
  }

  #fill(): void {
    const isSettled = this.#link.snd_settle_mode === SETTLED
    for (let room = creditOf(this.#link); room > 0; room--) {
      const tag = randomBytes(16)
      const queued = this.#queue.take(isSettled ? undefined : lockOf(tag))
      if (!queued) break
      if (!isSettled) this.#locks.add(lockOf(tag))
      const delivery = this.#link.send(formatDelivery(queued, this.#nowMilliseconds()), tag)
      if (isSettled) delivery.update(true)
    }
  }

  #modify(context: EventContext): void {
    if (!context.delivery?.remote_state?.undeliverable_here) {
      this.#settle(context, (lock) => this.#queue.abandon(lock))
      return
    }
    const { condition, message: description } = new BusError('not_emulated', 'messages cannot be deferred')
    this.#settle(
      context,
      (lock) => this.#queue.abandon(lock),
      rejected({ error: { condition, description } }).described(),
    )
  }

  /** The client is told `outcome`; default: its own. */
  #settle({ delivery }: EventContext, work: (lock: string) => void, outcome?: unknown): void {
    if (!delivery) return
    const lock = lockOf(delivery.tag)
    this.#locks.delete(lock)
    work(lock)
    delivery.update(true, outcome ?? delivery.remote_state?.described())
  }
}

function lockOf(tag: Delivery['tag']): string {
  return Buffer.from(tag).toString('hex')
}

/** Why the client says that a message is dead. */
function reasonOf({ delivery }: EventContext): DeadLetter {
  const { info = {}, description = '' } = delivery?.remote_state?.error ?? {}
  return {
    reason: String(info.DeadLetterReason ?? ''),
    description: String(info.DeadLetterErrorDescription ?? description),
  }
}

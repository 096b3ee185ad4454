/**
 * One client of the emulator's Service Bus: it brings its token, sends to queues and receives from them.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
 * @module
 */

import type {
  Connection,
  EventContext,
  Message,
  Receiver,
  Sender,
  Session,
  Source,
  TerminusOptions,
} from 'rhea'
import type { BusClaims } from './bus-claims.ts'
import { BusError } from './bus-error.ts'
import { formatAnswer, textOf, unpack } from './bus-message.ts'
import { checkRoles } from './bus-roles.ts'
import { parseEntity } from './entity.ts'
import { QueueOutlet } from './queue-outlet.ts'
import type { Queues } from './queues.ts'

/** How a client says of which session it wants the messages. */
const SESSION_FILTER = 'com.microsoft:session-filter'

/** What all connections share. */
export interface BusParts {
  queues: Queues
  nowMilliseconds(): number
}

/** Serves a client; it holds what came over its connection. */
export class BusConnection {
  readonly #claims: BusClaims
  readonly #queues: Queues
  readonly #nowMilliseconds: () => number
  readonly #outlets = new Set<QueueOutlet>()
  /** Where answers go, by the session and the node that was asked. */
  readonly #answers = new WeakMap<Session, Map<string, Sender>>()

  constructor(connection: Connection, claims: BusClaims, { queues, nowMilliseconds }: BusParts) {
    this.#claims = claims
    this.#queues = queues
    this.#nowMilliseconds = nowMilliseconds
    connection.on(
      'receiver_open',
      ({ receiver }) => receiver && this.#open(receiver, () => this.#takeFrom(receiver)),
    )
    connection.on('sender_open', ({ sender }) => sender && this.#open(sender, () => this.#giveTo(sender)))
  }

  /** What this client has received and said nothing of waits again. */
  end(): void {
    for (const outlet of this.#outlets) outlet.end()
    this.#outlets.clear()
  }

  /** A link leads somewhere, or is refused: then it has no source and no target. */
  #open(link: Sender | Receiver, attach: () => void): void {
    try {
      attach()
      attachAsAsked(link)
    } catch (error) {
      link.close(conditionOf(error))
    }
  }

  #takeFrom(link: Receiver): void {
    const address = link.target?.address
    const entity = parseEntity(address)
    if (entity.kind !== 'queue') {
      link.on('message', (context: EventContext) =>
        this.#answerRequest(String(address), entity.kind, context),
      )
      return
    }
    checkRoles(this.#claims.roles, 'send', entity.queue)
    if (entity.isDeadLetter) throw new BusError('entity_unknown', 'no message can be sent to the dead ones')
    const queue = this.#queues.find(entity.queue)
    link.on('message', ({ message: sent, delivery }: EventContext) => {
      try {
        for (const one of unpack(sent, delivery?.format)) queue.add(one)
        delivery?.accept()
      } catch (error) {
        // The client in Python waits without end where there are no details.
        delivery?.reject({ ...conditionOf(error), info: {} })
      }
    })
  }

  async #answerRequest(
    address: string,
    kind: 'tokens' | 'management',
    { message: request, delivery, session }: EventContext,
  ): Promise<void> {
    delivery?.accept()
    if (!request) return
    const error = await this.#answer(kind, request).then(() => undefined, asBusError)
    const sender = session && this.#answersOf(session).get(address)
    if (sender?.is_open()) sender.send(formatAnswer(request, error))
  }

  async #answer(kind: 'tokens' | 'management', request: Message): Promise<void> {
    const { operation, type } = request.application_properties ?? {}
    if (kind === 'management') throw new BusError('not_emulated', `"${operation}"`)
    await this.#claims.put({ operation, type, token: textOf(request) })
  }

  #giveTo(link: Sender): void {
    const address = String(link.source?.address)
    const entity = parseEntity(address)
    if (entity.kind !== 'queue') {
      this.#answersOf(link.session).set(address, link)
      return
    }
    checkRoles(this.#claims.roles, 'receive', entity.queue)
    if (link.source?.filter && SESSION_FILTER in link.source.filter)
      throw new BusError('not_emulated', `"${entity.queue}" has no sessions`)
    const outlet = new QueueOutlet(
      link,
      this.#queues.find(entity.queue, entity.isDeadLetter),
      this.#nowMilliseconds,
    )
    this.#outlets.add(outlet)
    link.once('sender_close', () => {
      this.#outlets.delete(outlet)
      outlet.end()
    })
  }

  #answersOf(session: Session): Map<string, Sender> {
    const known = this.#answers.get(session) ?? new Map<string, Sender>()
    this.#answers.set(session, known)
    return known
  }
}

/** The client in Go closes its connection where a link is otherwise than it has asked. The types of the library leave these fields out. */
function attachAsAsked(link: Sender | Receiver): void {
  const { attach } = (link as unknown as { local: { attach: Record<string, unknown> } }).local
  attach.snd_settle_mode = link.snd_settle_mode
  // Who sends is told at once, also the client in Python, which asks otherwise.
  if (link.is_sender()) attach.rcv_settle_mode = link.rcv_settle_mode
  link.set_source(copyOf(link.source) as Source)
  link.set_target(copyOf(link.target) as TerminusOptions)
}

/** What came must not be written to: an empty list is one and the same for the whole library. */
function copyOf(terminus: object | null | undefined): object {
  const { value = [] } = (terminus ?? {}) as { value?: unknown[] }
  return { value: [...value] }
}

function asBusError(error: unknown): BusError {
  return error instanceof BusError ? error : new BusError('request_failed', undefined, error)
}

function conditionOf(error: unknown): { condition: string; description: string } {
  const { condition, message: description } = asBusError(error)
  return { condition, description }
}

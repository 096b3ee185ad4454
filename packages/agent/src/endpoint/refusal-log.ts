/**
 * Writes every refusal of an endpoint to the log of the agent, under the correlation id that the caller got: who has only that
 * id finds the reason by it. Of equal refusals there are a few a minute, and the next line counts the rest.
 *
 * @see docs/errors.md#the-local-endpoint
 * @module
 */

import type { Socket } from 'node:net'
import { type ServedStyleName, visibleLine, visibleSaying, type WireError } from '@landfast/protocol'
import type { Logger, RefusalLimit } from '@landfast/server'
import type { Caller, FindCaller } from '../caller/caller.ts'
import { traceIdIn } from '../tokens/source.ts'
import { askerOf, type Decided, nameOf, selectedInVain, subjectOf } from './decided.ts'

/** A caller chooses audience, selector and program; more of them is of no use in a line. */
const TEXT_MAX_CHARACTERS = 256

/** SDKs look with these whether there is an endpoint, and wait only a moment: their answers do not wait until it is known who asks. */
const PROBES: ReadonlySet<string> = new Set(['path_unknown', 'metadata_header_missing'])

/** What the log is made of. */
export interface RefusalLogOptions {
  styleName: ServedStyleName
  log: Logger
  /** Counts for all endpoints together. */
  limit: RefusalLimit
}

/** What a refusal is told with. */
export interface RefusedRequest {
  /** What is known of it; the caller, if that is not known yet, is found by `findCaller`. */
  readonly decided: Decided
  readonly error: WireError
  readonly findCaller: () => Promise<Caller>
  /** Sends the answer. */
  readonly answer: () => void
}

/** The refusals of one endpoint. */
export class RefusalLog {
  readonly #options: RefusalLogOptions

  constructor(options: RefusalLogOptions) {
    this.#options = options
  }

  /**
   * Answers, and writes the line. The caller is looked for before the answer is sent: after it the caller may be gone, and
   * could not be found any more. The first half of the challenge is no refusal, and has no line.
   */
  async refuse({ decided, error, findCaller, answer }: RefusedRequest): Promise<void> {
    if (error.code === 'key_required') return answer()
    const noted = noteCaller(decided, findCaller)
    if (!PROBES.has(error.code)) await noted
    answer()
    await noted
    this.#write(decided, error)
  }

  /** Writes the line of a refusal whose answer waits for nothing: it is to be sent after this was called. */
  async note({ decided, error, findCaller }: Omit<RefusedRequest, 'answer'>): Promise<void> {
    await noteCaller(decided, findCaller)
    this.#write(decided, error)
  }

  #write(decided: Decided, error: WireError): void {
    const { styleName, log, limit } = this.#options
    const suppressed = limit.take(`${subjectOf(decided.caller)} ${error.code}`)
    if (suppressed === undefined) return
    const fields = {
      correlationId: decided.correlationId,
      code: error.code,
      style: styleName,
      ...legible({ ...askerOf(decided), ...wishOf(decided) }),
      authorityTraceId: traceIdIn(error),
      ...(suppressed > 0 && { suppressed }),
    }
    const text = `refused: ${visibleSaying(error.message)}`
    if (error.code === 'internal' || error.code === 'key_file_failed') {
      log.error({ ...fields, err: error.cause }, text)
    } else log.info(fields, text)
  }
}

/** Takes note in `log` of what is refused on a connection before it is a request; `findCaller` finds whose that is. */
export function noteRefusals(log: RefusalLog, findCaller: FindCaller) {
  return (socket: Socket, refused: Pick<RefusedRequest, 'decided' | 'error'>): void =>
    void log.note({ ...refused, findCaller: () => findCaller(socket) })
}

async function noteCaller(decided: Decided, findCaller: () => Promise<Caller>): Promise<void> {
  if (decided.caller) return
  const caller = await findCaller().catch(() => undefined)
  if (caller) decided.caller = caller
}

function wishOf(decided: Decided) {
  const { audience, identity, rule } = decided
  return { audience, selected: selectedInVain(decided), identity: identity && nameOf(identity), rule }
}

/** Texts that others chose, on one line and cut. What is not known is left out. */
function legible(fields: Readonly<Record<string, string | number | undefined>>): object {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    known.map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  )
}

function cut(text: string): string {
  const start = visibleLine(text.slice(0, TEXT_MAX_CHARACTERS).toWellFormed())
  return text.length > TEXT_MAX_CHARACTERS ? `${start}…` : start
}

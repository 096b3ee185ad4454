/**
 * One request for a document, from the gate to the answer. Documents hold no secret, so every process of this host may
 * have them, and the agent audits none but the attested one: its holder can pass for this machine, so only callers that
 * may have the machine's tokens get it.
 *
 * @see docs/metadata.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  formatErrorAnswer,
  readTraceparent,
  type ServedStyleName,
  TRACEPARENT_HEADER,
  type WireError,
} from '@landfast/protocol'
import type { FindCaller } from '../caller/caller.ts'
import type { DocumentPath } from '../metadata/document-paths.ts'
import { NEWEST_VERSIONS } from '../metadata/document-version.ts'
import type { Documents } from '../metadata/documents.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { Admission } from '../policy/default-rule.ts'
import { errorHeaders, sendText } from './answer.ts'
import type { Decided } from './decided.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'
import { asWireError } from './refusal.ts'
import type { RefusalLog } from './refusal-log.ts'

/** The parts that a request for a document meets. */
export interface DocumentStations {
  readonly styleName: ServedStyleName
  readonly gate: Gate
  readonly findCaller: FindCaller
  /** Decides who may have the attested document. */
  readonly attest: Admission | undefined
  readonly documents: Documents
  readonly metrics: Metrics
  readonly refusals: RefusalLog
}

/** What is known of a request so far. */
interface Course extends Decided {
  readonly document: DocumentPath
  readonly exchange: Exchange
  /** Taken at once: Node takes it away from a request whose connection ends. */
  readonly socket: Socket
  isPastGate?: boolean
}

/** Answers any request for `document`. Never rejects. */
export async function handleDocument(
  stations: DocumentStations,
  document: DocumentPath,
  exchange: Exchange,
): Promise<void> {
  const { gate, documents, metrics, styleName } = stations
  const { target, request, response, startedAt } = exchange
  const trace = readTraceparent(request.headers[TRACEPARENT_HEADER])
  const course: Course = { document, exchange, socket: request.socket, correlationId: randomUUID(), trace }
  try {
    gate(request, target, document)
    course.isPastGate = true
    const caller = await stations.findCaller(course.socket)
    course.caller = caller
    if (document.name === 'attested') await stations.attest?.(caller)
    const { isText, body } = await documents.answer(document, target.query)
    sendText(response, 200, body, isText ? { 'Content-Type': 'text/plain; charset=utf-8' } : {})
    metrics.request(styleName, 'document', { startedAt })
  } catch (cause) {
    await refuse(stations, course, asWireError(cause))
  }
}

async function refuse(stations: DocumentStations, course: Course, error: WireError): Promise<void> {
  const { documents, metrics, styleName, refusals } = stations
  const { document, exchange, isPastGate, correlationId, socket } = course
  const isOwnForm = isPastGate && documents.kind === 'vm' && document.name !== 'identity-info'
  const body = isOwnForm ? formatDocumentError(error) : formatErrorAnswer(error, correlationId)
  await refusals.refuse({
    ...{ decided: course, error },
    findCaller: () => stations.findCaller(socket),
    answer: () => {
      sendText(exchange.response, error.status, JSON.stringify(body), errorHeaders(error))
      metrics.request(styleName, error.code, exchange)
    },
  })
}

/** The form of the VM's documents: the sentence is the error. MSAL reads the newest version out of it. */
function formatDocumentError(error: WireError): object {
  const newest = error.code === 'api_version_invalid' && { 'newest-versions': NEWEST_VERSIONS }
  return { error: error.message, ...newest }
}

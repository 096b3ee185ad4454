/**
 * One request for a document, from the gate to the answer. Documents hold no secret, so every process of this host may
 * have them, and the agent audits none but the attested one: its holder can pass for this machine, so only callers that
 * may have the machine's tokens get it.
 *
 * @see docs/metadata.md
 * @module
 */

import { randomUUID } from 'node:crypto'
import { formatErrorAnswer, type ServedStyleName, WireError } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { FindCaller } from '../caller/caller.ts'
import type { DocumentPath } from '../metadata/document-paths.ts'
import { NEWEST_VERSIONS } from '../metadata/document-version.ts'
import type { Documents } from '../metadata/documents.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { Admission } from '../policy/default-rule.ts'
import { errorHeaders, sendText } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { Gate } from './gate.ts'

/** The parts that a request for a document meets. */
export interface DocumentStations {
  readonly styleName: ServedStyleName
  readonly gate: Gate
  readonly findCaller: FindCaller
  /** Decides who may have the attested document. */
  readonly attest: Admission | undefined
  readonly documents: Documents
  readonly metrics: Metrics
  readonly log: Logger
}

/** Answers any request for `document`. Never rejects. */
export async function handleDocument(
  stations: DocumentStations,
  document: DocumentPath,
  { target, request, response, startedAt }: Exchange,
): Promise<void> {
  const { gate, documents, metrics, styleName } = stations
  let isPastGate = false
  try {
    gate(request, target, document)
    isPastGate = true
    const caller = await stations.findCaller(request.socket)
    if (document.name === 'attested') await stations.attest?.(caller)
    const { isText, body } = await documents.answer(document, target.query)
    sendText(response, 200, body, isText ? { 'Content-Type': 'text/plain; charset=utf-8' } : {})
    metrics.request(styleName, 'document', { startedAt })
  } catch (cause) {
    const error = cause instanceof WireError ? cause : new WireError('internal', { cause })
    const correlationId = randomUUID()
    if (error.code === 'internal') stations.log.error({ correlationId, err: cause }, error.message)
    const isOwnForm = isPastGate && documents.kind === 'vm' && document.name !== 'identity-info'
    const body = isOwnForm ? formatDocumentError(error) : formatErrorAnswer(error, correlationId)
    sendText(response, error.status, JSON.stringify(body), errorHeaders(error))
    metrics.request(styleName, error.code, { startedAt })
  }
}

/** The form of the VM's documents: the sentence is the error. MSAL reads the newest version out of it. */
function formatDocumentError(error: WireError): object {
  const newest = error.code === 'api_version_invalid' && { 'newest-versions': NEWEST_VERSIONS }
  return { error: error.message, ...newest }
}

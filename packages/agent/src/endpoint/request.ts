/**
 * One request on an identity endpoint: for a token, or for a document about the machine.
 *
 * @see docs/protocol.md
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseTarget } from '@landfast/protocol'
import type { DocumentPath } from '../metadata/document-paths.ts'
import type { DocumentStations } from './document-request.ts'
import type { Exchange } from './exchange.ts'
import type { noteRefusals } from './refusal-log.ts'
import { handleTokenRequest, type TokenStations } from './token-request.ts'

/** What the requests of one endpoint meet. */
export interface Stations {
  readonly tokens: TokenStations
  /** Told of what is refused before it is a request. */
  readonly onRefused?: ReturnType<typeof noteRefusals>
  /** Undefined in styles without documents. */
  readonly documents: DocumentStations | undefined
}

/** Answers any request. Never rejects. */
export async function handleRequest(
  { tokens, documents }: Stations,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = parseTarget(request.url ?? '')
  const exchange = { target, request, response, startedAt: tokens.metrics.begin() }
  const document = target.path === tokens.style.path ? undefined : documents?.documents.find(target.path)
  if (documents && document) await loadAndHandle(documents, document, exchange)
  else await handleTokenRequest(tokens, exchange)
}

/** Loaded late: an agent that only serves tokens needs no memory for documents. */
async function loadAndHandle(
  stations: DocumentStations,
  document: DocumentPath,
  exchange: Exchange,
): Promise<void> {
  const { handleDocument } = await import('./document-request.ts')
  await handleDocument(stations, document, exchange)
}

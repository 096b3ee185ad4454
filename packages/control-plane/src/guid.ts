/**
 * GUIDs as this authority writes them: 36 characters, lower-case.
 *
 * @module
 */

import { readTraceparent, TRACEPARENT_HEADER, traceGuid } from '@landfast/protocol'

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** The GUID in `text` in lower case, or undefined if it is none. */
export function readGuid(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const guid = text.toLowerCase()
  return GUID.test(guid) ? guid : undefined
}

/** The id of the trace that the header `traceparent` names, as a GUID; undefined if it names none. */
export function traceOfCaller(headers: Readonly<Record<string, unknown>>): string | undefined {
  const trace = readTraceparent(headers[TRACEPARENT_HEADER])
  return trace && traceGuid(trace.traceId)
}

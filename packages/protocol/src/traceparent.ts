/**
 * The header by which a request names the trace that it is a part of.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @module
 */

/** Its name, in lower case. */
export const TRACEPARENT_HEADER = 'traceparent'

/** A version after the present one may have more behind it, and is read as this one. */
const FORM =
  /^(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<parentId>[\da-f]{16})-[\da-f]{2}(?<more>-.*)?$/

/** No version will be this one. */
const NO_VERSION = 'ff'

const LENGTH_MAX = 128

/** A trace, as a request names it. */
export interface Trace {
  /** 32 hexadecimal digits, in lower case. */
  traceId: string
  /** The header as it was sent. */
  traceparent: string
}

/** The trace in the header `text`; undefined if it is not of the form, and then it must be ignored. */
export function readTraceparent(text: unknown): Trace | undefined {
  if (typeof text !== 'string' || text.length > LENGTH_MAX) return undefined
  const { version, traceId = '', parentId = '', more } = FORM.exec(text)?.groups ?? {}
  const isZero = (id: string) => /^0*$/.test(id)
  if (version === undefined || version === NO_VERSION || isZero(traceId) || isZero(parentId)) return undefined
  return version === '00' && more !== undefined ? undefined : { traceId, traceparent: text }
}

/** A trace id in the form of a GUID, in which Azure's services have the ids of requests. */
export function traceGuid(traceId: string): string {
  return traceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

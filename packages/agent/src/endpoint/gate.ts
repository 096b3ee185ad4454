/**
 * The gate: checks path, method, host and headers of a request before any code looks at its content.
 *
 * The unknown path comes first: some SDKs take a 400 for a missing header on a path as proof that the path
 * exists.
 *
 * @see docs/protocol.md#the-gate
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import {
  HEADER,
  PROXY_HEADER_PREFIX,
  PROXY_HEADERS,
  rowOfVersion,
  type Style,
  type Target,
  WireError,
} from '@landfast/protocol'
import { isLocalHost } from '../listening/local-host.ts'
import type { DocumentPath } from '../metadata/document-paths.ts'

const METADATA = HEADER.metadata.toLowerCase()

/** What the gate of one endpoint compares with. */
export interface GateOptions {
  style: Style
  /** The value of the secret header, in styles that have one. */
  secret?: string
  /** In place of one secret: whether some workload has this one. */
  isKnownSecret?: ((secret: string) => boolean) | undefined
  /** Whether a Host header names this host. Default: by the names and addresses of loopback. */
  namesHost?: ((host: string | undefined) => boolean) | undefined
}

/** Lets a request pass or throws; `document` is what it asks for, if not for a token. */
export type Gate = (
  request: IncomingMessage,
  target: Target,
  document?: Pick<DocumentPath, 'isOpen'> | undefined,
) => void

/**
 * A gate for one endpoint; called, it throws a {@link WireError} with the code of the first thing that is wrong.
 *
 * @throws {TypeError} if the style needs a secret and there is none: a missing header would be as good as it.
 */
export function createGate({ style, secret, isKnownSecret, namesHost = isLocalHost }: GateOptions): Gate {
  if (style.proof === 'secret-header' && !secret && !isKnownSecret) {
    throw new TypeError('the style needs a secret')
  }
  const expected = digest(secret ?? '')
  const isRight = isKnownSecret ?? ((text: string) => timingSafeEqual(digest(text), expected))
  return function gate(request, target, document) {
    if (target.path !== style.path && !document) throw new WireError('path_unknown')
    if (!isAllowed(request.method)) throw new WireError('method_not_allowed')
    const { headers } = request
    if (!namesHost(headers.host)) throw new WireError('host_not_allowed')
    if (isProxied(headers)) throw new WireError('request_proxied')
    if (!document?.isOpen) checkHeaders(headers, rowOfVersion(style, target.query).secretHeader ?? '')
  }

  function isAllowed(method: string | undefined): boolean {
    return style.methods.some((one) => one === method)
  }

  function checkHeaders(headers: IncomingHttpHeaders, secretHeader: string): void {
    if (style.metadataHeader && !isTrue(headers[METADATA])) throw new WireError('metadata_header_missing')
    if (style.proof === 'secret-header' && !isRight(textOf(headers[secretHeader.toLowerCase()]))) {
      const detail = `(send the value of the variable ${style.variables.secret} as the header "${secretHeader}")`
      throw new WireError('identity_header_rejected', { detail })
    }
  }
}

function isProxied(headers: IncomingHttpHeaders): boolean {
  if (PROXY_HEADERS.some((name) => name in headers)) return true
  for (const name in headers) if (name.startsWith(PROXY_HEADER_PREFIX)) return true
  return false
}

/** A header that is sent twice reads "true, true" and is not true. */
function isTrue(value: string | string[] | undefined): boolean {
  return textOf(value).toLowerCase() === 'true'
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Digests have one length, so comparing them tells nothing about the secret's. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest()
}

/**
 * The source of tokens: one interface, with an authority behind it.
 *
 * @module
 */

import type { Identity, WireErrorCode } from '@landfast/protocol'

/** A token as its authority gave it. */
export interface SourceToken {
  accessToken: string
  /** Whole seconds of life when it was given, by the authority's clock. */
  expiresInSeconds: number
}

/**
 * Gets tokens from an authority.
 *
 * `getToken` throws only a {@link SourceError}. On `refused` the caller throws away every token it holds, since
 * the machine may have none; on `unassigned` and `identity_refused` those of the identity; on `resource_refused` only what it holds for that
 * audience; on the others it goes on serving what it has. It gives up when `signal` says so. `traceparent` names the request that
 * began this, if that named a trace.
 */
export interface TokenSource {
  getToken(
    identity: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken>
  close(): void
}

/** Why an authority gave no token. */
export type SourceFailure =
  /** Definite: the machine is unknown, deleted, disabled, or its key is not its key any more. */
  | 'refused'
  /** Definite for this identity: the machine does not have it. */
  | 'unassigned'
  /** Definite for this identity: its own authority refuses it, whatever the control plane says of the machine. */
  | 'identity_refused'
  /** Definite for this audience: unknown, or not for this identity. */
  | 'resource_refused'
  /** Passing: asked too often. */
  | 'throttled'
  /** Passing: no answer, or none that makes sense. */
  | 'unavailable'

/** Whether the same request may succeed later. */
export function isPassing(failure: SourceFailure): boolean {
  return failure === 'throttled' || failure === 'unavailable'
}

/** What an application is told. */
const WIRE_CODES = {
  refused: 'identity_refused',
  identity_refused: 'identity_refused',
  unassigned: 'identity_not_found',
  resource_refused: 'resource_refused',
  throttled: 'upstream_throttled',
  unavailable: 'upstream_unavailable',
} as const satisfies Record<SourceFailure, WireErrorCode>

/** The code by which an application learns of `failure`. */
export function wireCodeOf(failure: SourceFailure): WireErrorCode {
  return WIRE_CODES[failure]
}

/** What is known beside the message. */
export interface SourceErrorOptions {
  /** Seconds to wait, where the authority said so. */
  retryAfterSeconds?: number | undefined
  /** Why there is no token, in words that every caller may read. */
  reason?: { readonly message: string } | undefined
  /** Whether the key was refused, so that another one may be taken. */
  isKeyRefused?: boolean
  /** By which the authority finds its refusal again. */
  traceId?: string | undefined
  /** Whether nothing was asked, since an earlier failure still makes the agent wait. */
  isPause?: boolean
  cause?: unknown
}

/** An authority gave no token; the message is for the log, never for the wire. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly failure: SourceFailure
  /** Seconds to wait, where the authority said so. */
  readonly retryAfterSeconds: number | undefined
  /** Why there is no token, where that is known. */
  readonly reason: SourceErrorOptions['reason']
  /** Whether the key was refused, so that another one may be taken. */
  readonly isKeyRefused: boolean
  /** By which the authority finds its refusal again, where it said that. */
  readonly traceId: string | undefined
  /** Whether nothing was asked. */
  readonly isPause: boolean

  constructor(failure: SourceFailure, message: string, options: SourceErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.failure = failure
    this.retryAfterSeconds = options.retryAfterSeconds
    this.reason = options.reason
    this.isKeyRefused = options.isKeyRefused ?? false
    this.traceId = options.traceId
    this.isPause = options.isPause ?? false
  }
}

/** What a source may not throw counts as no answer. */
export function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  return new SourceError('unavailable', 'the source failed', { cause: error })
}

/** By which an authority finds the refusal again that `error` or one of its causes is, where it said that. */
export function traceIdIn(error: unknown): string | undefined {
  for (let part = error; part instanceof Error; part = part.cause) {
    if (part instanceof SourceError && part.traceId !== undefined) return part.traceId
  }
  return undefined
}

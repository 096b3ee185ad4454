/**
 * What `@azure/core-auth` calls a token and a credential: its shapes, without the package.
 *
 * @see https://learn.microsoft.com/javascript/api/@azure/core-auth/tokencredential
 * @module
 */

/** A token for a resource. */
export interface AccessToken {
  token: string
  /** Milliseconds since 1970. */
  expiresOnTimestamp: number
  /** When an SDK should ask again; it is answered at once then, and asked for anew behind. */
  refreshAfterTimestamp: number
  tokenType: 'Bearer'
}

/** What an SDK may say when it asks. Other fields of `@azure/core-auth` change nothing here. */
export interface GetTokenOptions {
  /** Gives up waiting; the request itself goes on, since others may wait for it. */
  abortSignal?: AbortSignalLike
  /** A challenge of claims by the resource: no token that is held will do. */
  claims?: string
  /** The tenant that the resource is in. */
  tenantId?: string
  /** Not supported: only bearer tokens can be had. */
  proofOfPossessionOptions?: unknown
}

/** The part of an `AbortSignal` that is used. */
export interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * A refusal of a route, as its answer says it.
 *
 * @module
 */

/** What a route refused. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  readonly status: number
  readonly code: string

  constructor(status: number, body: { error?: { code?: string; message?: string } } | undefined) {
    super(body?.error?.message ?? 'The request was refused without a word.')
    this.status = status
    this.code = body?.error?.code ?? String(status)
  }
}

/** For `catch`: undefined for who may not ask this; the page then says what may be asked. */
export function unlessForbidden(error: unknown): undefined {
  if (error instanceof ApiRefusal && error.status === 403) return undefined
  throw error
}

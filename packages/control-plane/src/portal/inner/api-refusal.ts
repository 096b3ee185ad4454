/**
 * A refusal of a route, as its answer says it.
 *
 * @module
 */

/** No route has this path, as with a scope that is none. */
const NOTHING =
  'There is nothing with this path. Write it as the pages show it, such as /subscriptions/ID/resourceGroups/NAME.'

/** What a route refused. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  readonly status: number
  readonly code: string
  /** The parameter that was wrong, where the answer names one. */
  readonly target: string | undefined

  constructor(
    status: number,
    body: { error?: { code?: string; message?: string; target?: string } } | undefined,
  ) {
    super(body?.error?.message ?? (status === 404 ? NOTHING : 'The request was refused without a word.'))
    this.status = status
    this.code = body?.error?.code ?? String(status)
    this.target = body?.error?.target
  }
}

/** For `catch`: undefined for who may not ask this; the page then says what may be asked. */
export function unlessForbidden(error: unknown): undefined {
  if (error instanceof ApiRefusal && error.status === 403) return undefined
  throw error
}

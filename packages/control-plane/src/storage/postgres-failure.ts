/**
 * Tells what a failure of PostgreSQL, or of the way to it, means for a request.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 * @module
 */

/**
 * `conflict`: another transaction came between, and the same may succeed at once. `collision`: there is a row with
 * this key, be it that another transaction has just made it. `lost`: the connection is of no
 * use any more. `unavailable`: the database cannot do it now. `refused`: it would be refused again.
 */
export type FailureKind = 'conflict' | 'collision' | 'lost' | 'unavailable' | 'refused'

/** By SQLSTATE, whole or its first two characters; anything else that the database says is a refusal. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  '08': 'lost',
  // The limits on idle sessions and on transactions.
  '25P03': 'lost',
  '25P04': 'lost',
  // The server became a standby: another connection may reach its successor.
  '25006': 'lost',
  '23505': 'collision',
  '28': 'unavailable',
  '3D': 'unavailable',
  '40001': 'conflict',
  '40003': 'lost',
  '40P01': 'conflict',
  // Disk, memory and connections.
  '53': 'unavailable',
  // Above all a statement that took too long, since it waited for a lock or the machine is overloaded.
  '57014': 'unavailable',
  '57P': 'lost',
  '58': 'unavailable',
}

/** The server did not answer in time, nor was the connection closed. */
export class ServerSilentError extends Error {
  override readonly name = 'ServerSilentError'

  constructor() {
    super('the database server does not answer')
  }
}

/** What `cause`, as the library `pg` throws it, means. */
export function failureKind(cause: unknown): FailureKind {
  // Our own mistakes, such as a value that cannot be read as a number.
  if (cause instanceof RangeError || cause instanceof TypeError) return 'refused'
  // Whoever asked has waited long enough, so nothing is tried again.
  if (cause instanceof ServerSilentError) return 'unavailable'
  const state = sqlState(cause)
  // Whatever is not the database's word is about the connection to it.
  if (state === undefined || severity(cause) !== 'ERROR') return 'lost'
  return KINDS[state] ?? KINDS[state.slice(0, 3)] ?? KINDS[state.slice(0, 2)] ?? 'refused'
}

/** Whether the server says that the statement failed, and nothing of it was kept; the connection goes on. */
export function isServersWord(cause: unknown): boolean {
  return sqlState(cause) !== undefined && severity(cause) === 'ERROR'
}

/** Whether the server does not know a statement that was left with it, or knows another under its name. */
export function isStatementGone(cause: unknown): boolean {
  return sqlState(cause) === '26000' || sqlState(cause) === '42P05'
}

/** Whether the server has no connection left for us. */
export function isCrowded(cause: unknown): boolean {
  return sqlState(cause) === '53300'
}

/** Whether the transaction had failed before this statement, whose own fault it is not. */
export function isAfterFailure(cause: unknown): boolean {
  return sqlState(cause) === '25P02'
}

/** Five characters that the database gives each error; Node's own codes are longer. */
function sqlState(cause: unknown): string | undefined {
  const code = property(cause, 'code')
  return code?.length === 5 && severity(cause) !== undefined ? code : undefined
}

function severity(cause: unknown): string | undefined {
  return property(cause, 'severity')
}

function property(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found = (value as Record<string, unknown>)[name]
  return typeof found === 'string' ? found : undefined
}

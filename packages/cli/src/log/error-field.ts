/**
 * An error as a line of the log has it: what it and its causes say, where it came from, and what else stands in it.
 *
 * @module
 */

/** The field of `error`; anything that is no error stays as it is. */
export function errorField(error: unknown): unknown {
  return error instanceof Error ? fieldOf(error, new Set()) : error
}

/** What `error` and its causes say, each once: many an error repeats the words of its cause. */
export function reasonsOf(error: Error): string {
  const said: string[] = []
  for (const { message } of causesOf(error)) {
    if (!said.some((text) => text.includes(message))) said.push(message)
  }
  return said.join(': ')
}

/** In the order in which pino has them. The cause stands in the message and the stack. */
function fieldOf(error: Error, seen: Set<Error>): object {
  seen.add(error)
  const { cause: _told, ...others } = Object.fromEntries(Object.entries(error))
  return {
    type: error.constructor?.name || error.name,
    message: reasonsOf(error),
    stack: causesOf(error)
      .map(({ stack }) => stack)
      .join('\ncaused by: '),
    ...('errors' in error && Array.isArray(error.errors) && { aggregateErrors: within(error.errors, seen) }),
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, partOf(value, seen)])),
  }
}

function within(errors: readonly unknown[], seen: Set<Error>): unknown[] {
  return errors.map((error) => partOf(error, seen))
}

/** Errors in a circle are told once. */
function partOf(value: unknown, seen: Set<Error>): unknown {
  if (!(value instanceof Error)) return value
  return seen.has(value) ? undefined : fieldOf(value, seen)
}

/** The error itself first. */
function causesOf(error: Error): Error[] {
  const causes = new Set<Error>()
  for (let part: unknown = error; part instanceof Error && !causes.has(part); part = part.cause)
    causes.add(part)
  return [...causes]
}

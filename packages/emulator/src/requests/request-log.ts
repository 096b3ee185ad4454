/**
 * The requests that an endpoint was asked, for tests that look at what a program did. Secrets and keys are not in it.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseTarget, RESOURCE_MAX_CHARACTERS } from '@landfast/protocol'
import { trueDate } from '../true-clock.ts'

/** One request and its answer. Of what is very long it has the beginning: anybody may ask, and the log is kept in memory. */
export interface SeenRequest {
  readonly at: Date
  readonly method: string
  /** Its first 1024 characters. */
  readonly path: string
  /**
   * The parameters of the query, or of the form that was posted, each with the value that came first: the first 32 of them, those
   * with a name of up to 128 characters, and up to 2048 characters of each value. Those behind the first 4096 characters in all
   * are not there, nor is a form that is longer than the endpoint takes.
   */
  readonly parameters: Readonly<Record<string, string>>
  /** The audience, where it names one. */
  readonly resource: string | undefined
  /** Whether it presented a key of a challenge. */
  readonly isAnswerToChallenge: boolean
  /** Of the answer; undefined while there is none, or where the connection was cut. */
  readonly status: number | undefined
  /** The fault that struck it. */
  readonly fault: string | undefined
}

/** What a test may see of a request, and what is written into it as it goes on. */
type Entry = { -readonly [Name in keyof SeenRequest]: SeenRequest[Name] }

/** The newest are kept: who floods an endpoint must not fill the memory of the program that has it. */
export const ENTRIES_MAX = 10_000

const PATH_MAX_CHARACTERS = 1024
const PARAMETERS_MAX = 32
const NAME_MAX_CHARACTERS = 128
/** Names and values of one request. */
const REQUEST_MAX_CHARACTERS = 4096

/** What was asked since the start, or since it was cleared. */
export class RequestLog {
  readonly #entries: Entry[] = []

  get entries(): readonly SeenRequest[] {
    return this.#entries
  }

  clear(): void {
    this.#entries.length = 0
  }

  /** Notes a request that came now; its status once it is answered. */
  note({ url = '', method = '', headers }: IncomingMessage, response: ServerResponse): Entry {
    const { path, query } = parseTarget(url)
    const parameters = readParameters(query)
    const entry: Entry = {
      at: trueDate(),
      method,
      path: beginningOf(path, PATH_MAX_CHARACTERS),
      parameters,
      resource: parameters.resource,
      isAnswerToChallenge: headers.authorization !== undefined,
      status: undefined,
      fault: undefined,
    }
    if (this.#entries.push(entry) > ENTRIES_MAX) this.#entries.shift()
    response.once('finish', () => {
      entry.status = response.statusCode
    })
    return entry
  }
}

/** Writes down what the request of `entry` posted, in place of its query. */
export function noteForm(entry: Entry, form: string): void {
  entry.parameters = readParameters(form)
  entry.resource = entry.parameters.resource
}

function readParameters(text: string): Record<string, string> {
  const parameters = new Map<string, string>()
  let room = REQUEST_MAX_CHARACTERS
  for (const [name, value] of new URLSearchParams(text)) {
    if (name.length > NAME_MAX_CHARACTERS || parameters.has(name)) continue
    const kept = beginningOf(value, RESOURCE_MAX_CHARACTERS)
    room -= name.length + kept.length
    if (room < 0 || parameters.size === PARAMETERS_MAX) break
    parameters.set(beginningOf(name, NAME_MAX_CHARACTERS), kept)
  }
  return Object.fromEntries(parameters)
}

/** A copy: a part of a string keeps the whole of it in memory. */
function beginningOf(text: string, maxCharacters: number): string {
  return Buffer.from(text.slice(0, maxCharacters)).toString()
}

/**
 * The rules by which a client reads answers, taken from its source: pure functions, one file a client.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'

/** An answer as it came. */
export interface Answer {
  status: number
  headers: readonly (readonly [name: string, value: string])[]
  body: string
}

/** By what a client may ask for an identity that is not the machine's own. */
export type SelectorCase = 'client-id' | 'object-id' | 'resource-id'

/** What the client asked for when it got the answer. */
export interface Asked {
  style: StyleName
  selector?: { by: SelectorCase; value: string }
  /** Seconds since 1970 by the client's clock. */
  now: number
}

/** What the client made of a token answer. */
export interface ReadToken {
  accessToken: string
  expiresInSeconds: number
}

/** A key file as the client found it. */
export interface KeyFile {
  path: string
  content: Buffer
}

/** The rules of one client. */
export interface ClientRules {
  /** Goes on after the probe, or refuses. */
  readProbe(probe: ProbeName, answer: Answer): void
  /** The key file that a challenge leads to; undefined if the answer is no challenge. `folder` has no slash at its end. */
  readChallenge(answer: Answer, folder: string): string | undefined
  /** The header value that the key file becomes. */
  readKeyFile(file: KeyFile): string
  readToken(answer: Answer, asked: Asked): ReadToken
  /** Statuses after which the client tries again, so that its user waits. */
  retried(style: StyleName): readonly number[]
}

/** What a client wants to know before it asks for a token. */
export type ProbeName =
  /** Whether a metadata service is there at all. */
  | 'vm'
  /** Whether it is one that issues certificates. Nobody may believe that of us. */
  | 'vm-version-2'

/** What the client throws; the message is what its user reads first. */
export class Refusal extends Error {
  /** Whether a chain of credentials tries the next one. */
  readonly goesOn: boolean

  constructor(message: string, { goesOn = false, cause }: { goesOn?: boolean; cause?: Refusal } = {}) {
    super(message, { cause })
    this.name = 'Refusal'
    this.goesOn = goesOn
  }

  /** Everything that is shown when the exception is printed with those inside it. */
  get shown(): string {
    return this.cause instanceof Refusal ? `${this.message}\n${this.cause.shown}` : this.message
  }
}

/** The value of a header, whatever the case of its name; undefined if there is none. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  return headers.find(([own]) => own.toLowerCase() === name)?.[1]
}

/** The members of a JSON object in their order; undefined if the text is no JSON object. */
export function membersOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The only part after the only "=" of a challenge, as .NET splits it: empty parts are dropped. */
export function splitChallenge(challenge: string): string | undefined {
  const parts = challenge.split('=').filter((part) => part !== '')
  return parts.length === 2 ? parts[1] : undefined
}

/** The longest key file that any client reads, in bytes. */
export const KEY_FILE_LIMIT = 4096

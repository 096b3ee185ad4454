/**
 * An endpoint with faults: every request passes here before the agent sees it.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Intercept } from '@landfast/agent'
import { HEADER, parseTarget, type StyleName, styleOf } from '@landfast/protocol'
import { EmulatorError } from '../emulator-error.ts'
import { readAhead } from '../requests/read-ahead.ts'
import { noteForm, type RequestLog } from '../requests/request-log.ts'
import { trueSeconds } from '../true-clock.ts'
import { captureAnswer, sendAnswer } from './captured-answer.ts'
import { ClosedFolder } from './closed-folder.ts'
import { checkFault, type FaultOptions, isOfChallenges } from './fault.ts'
import { createReadsEverything } from './file-reader.ts'
import { RefusedConnections } from './refused-connections.ts'
import type { MakeToken } from './spoiled-token.ts'
import { type StandingFault, StandingFaults, type Struck } from './standing-faults.ts'
import { type Scene, type Surroundings, strike } from './strikes.ts'

/** What stands behind the endpoint. */
export interface Behind {
  /** Has no address until the function is called. */
  suspend: () => Promise<() => Promise<void>>
  makeToken: MakeToken
  /** The client id of an identity that nobody asked for. */
  strangerId: () => Promise<string>
}

/** What a faulty endpoint is made of. */
export interface FaultyEndpointParts {
  style: StyleName
  log: RequestLog
  /** A folder of the emulator's own, for key files outside the key folder. */
  elsewhere: string
  /** What stands behind it, once that has started. */
  behind: () => Behind
}

/** Of so many strikes the files stay: more than clients have open at once. */
const LEFT_MAX = 256

/** What is written down of a request while it is answered. */
type Seen = ReturnType<RequestLog['note']>

/** Faults of one endpoint, and the intercept that strikes with them. */
export class FaultyEndpoint {
  readonly #parts: FaultyEndpointParts
  readonly #standing = new StandingFaults()
  readonly #ending = new AbortController()
  readonly #refused: RefusedConnections
  readonly #undo: (() => Promise<void>)[] = []
  readonly #folder = new ClosedFolder()
  readonly #readsEverything = createReadsEverything()

  constructor(parts: FaultyEndpointParts) {
    this.#parts = parts
    this.#refused = new RefusedConnections(() => parts.behind().suspend())
  }

  /** Those that may strike yet. */
  get faults(): readonly StandingFault[] {
    return this.#standing.all
  }

  /**
   * Adds a fault. One of connections has struck when this resolves.
   *
   * @throws {EmulatorError} `fault_invalid`.
   */
  async add(given: object): Promise<StandingFault> {
    const fault = checkFault(given)
    this.#refuseElsewhere(fault)
    if (fault.kind !== 'connection-refused') return this.#standing.add(fault)
    return this.#standing.add(fault, await this.#refused.refuse(fault.forSeconds ?? 0))
  }

  #refuseElsewhere(fault: FaultOptions): void {
    const { style } = this.#parts
    if (styleOf(style).proof === 'key-file' || !isOfChallenges(fault)) return
    const reason = `"${fault.kind}" is about a challenge, which the ${style} style has not; take the arc style`
    throw new EmulatorError('fault_invalid', reason)
  }

  /** Ends every fault. Resolves once the endpoint is well again. */
  async clear(): Promise<void> {
    await Promise.all([this.#standing.clear(), this.#refused.clear()])
  }

  /** Ends them, with every request that one of them holds, and what they have left. */
  async end(): Promise<void> {
    this.#ending.abort()
    try {
      await this.clear()
    } finally {
      await this.#folder.end()
      for (const undo of this.#undo.splice(0)) await undo()
    }
  }

  /** Stands before the agent. */
  readonly intercept: Intercept = async (request, response, answer) => {
    const seen = this.#parts.log.note(request, response)
    await this.#folder.open()
    if (this.#hasForm(request)) noteForm(seen, await readAhead(request))
    const struck = this.#readStruck(request, seen.resource)
    const fault = struck && this.#standing.take(struck)
    const scene = { request, response, answer }
    if (fault) await this.#strike(fault, seen, scene)
    else if (struck) await this.#answer(struck, seen, scene)
    else await answer()
  }

  async #strike(fault: FaultOptions, seen: Seen, scene: Scene): Promise<void> {
    seen.fault = fault.kind
    await strike(fault, scene, this.#surroundings())
  }

  /** A key that is no good is answered with another challenge, which is struck as the first one is. */
  async #answer(struck: Struck, seen: Seen, { request, response, answer }: Scene): Promise<void> {
    const challenge = { ...struck, step: 'challenge' } as const
    if (!this.#standing.reach(challenge)) return await answer()
    const captured = await captureAnswer(response, answer)
    const fault = HEADER.challenge in captured.headers ? this.#standing.take(challenge) : undefined
    const send = async () => sendAnswer(response, captured)
    if (fault) await this.#strike(fault, seen, { request, response, answer: send })
    else await send()
  }

  /** In some styles clients post what they ask for. */
  #hasForm({ method = '' }: IncomingMessage): boolean {
    const { methods }: { methods: readonly string[] } = styleOf(this.#parts.style)
    return method === 'POST' && methods.includes(method)
  }

  /** Undefined for what is no request for a token. */
  #readStruck({ url = '', headers }: IncomingMessage, resource: string | undefined): Struck | undefined {
    const style = styleOf(this.#parts.style)
    if (parseTarget(url).path !== style.path) return undefined
    const isChallenge = style.proof === 'key-file' && headers.authorization === undefined
    return { step: isChallenge ? 'challenge' : 'token', resource }
  }

  #surroundings(): Surroundings {
    const { style, elsewhere, behind } = this.#parts
    const { makeToken, strangerId } = behind()
    return {
      makeToken,
      strangerId,
      elsewhere,
      readsEverything: this.#readsEverything,
      close: (folder) => this.#folder.close(folder),
      form: styleOf(style),
      ended: this.#ending.signal,
      nowSeconds: trueSeconds,
      pause: (seconds) => this.#pause(seconds),
      defer: (undo) => this.#leave(undo),
    }
  }

  /** What older strikes have left goes: a client that asks without a pause must not fill the key folder. */
  #leave(undo: () => Promise<void>): void {
    this.#undo.push(undo)
    if (this.#undo.length <= LEFT_MAX) return
    // A file that cannot be removed is in the way of nothing; the folder ends with the emulator.
    void this.#undo
      .shift()?.()
      .catch(() => {})
  }

  /** Whether the time went by before the end. */
  async #pause(seconds: number): Promise<boolean> {
    return await pause(seconds * 1000, true, { signal: this.#ending.signal }).catch(() => false)
  }
}

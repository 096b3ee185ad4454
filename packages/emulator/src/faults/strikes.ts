/**
 * What each fault does to the request that it strikes.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorForm } from '@landfast/protocol'
import { type Answer, captureAnswer, sendAnswer } from './captured-answer.ts'
import type { FaultKind, FaultOf, FaultOptions } from './fault.ts'
import type { ReadsEverything } from './file-reader.ts'
import { type KeyFilePlaces, spoilChallenge } from './spoiled-challenge.ts'
import { changeToken, type MakeToken, type TokenChange } from './spoiled-token.ts'
import { formatStatus } from './status-answer.ts'

const HOUR = 3600

/** A request that is struck. */
export interface Scene {
  request: IncomingMessage
  response: ServerResponse
  /** Gives the agent's own answer. */
  answer: () => Promise<void>
}

/** What faults need of the emulator. */
export interface Surroundings extends Omit<KeyFilePlaces, 'readsEverything'> {
  readsEverything: ReadsEverything
  /** Ends when the emulator does: no request waits any longer. */
  ended: AbortSignal
  nowSeconds: () => number
  /** How its errors are written. */
  form: ErrorForm
  makeToken: MakeToken
  /** The client id of an identity that nobody asked for. */
  strangerId: () => Promise<string>
}

/** Strikes one request. Never rejects. */
export async function strike(fault: FaultOptions, scene: Scene, surroundings: Surroundings): Promise<void> {
  try {
    const strikeAs = STRIKES[fault.kind] as unknown as Strike<FaultKind>
    await strikeAs(fault, scene, surroundings)
  } catch (error) {
    // A test sees that its emulator failed, and not a fault that it asked for.
    scene.response.destroy(error as Error)
  }
}

type Strike<Kind extends FaultKind> = (
  fault: FaultOf<Kind>,
  scene: Scene,
  surroundings: Surroundings,
) => Promise<void>

const STRIKES: { readonly [Kind in FaultKind]: Strike<Kind> } = {
  latency: async ({ delaySeconds }, { answer, response }, { pause }) => {
    if (await pause(delaySeconds)) await answer()
    else response.destroy()
  },
  timeout: (_, { response }, { ended }) => holdUntilGone(response, ended),
  'connection-refused': async (_, { answer }) => await answer(),
  'connection-reset': async (_, { request }) => void request.socket.resetAndDestroy(),
  status: async (fault, { response }, { form }) => sendAnswer(response, formatStatus(fault, form)),
  'broken-json': changing((answer) => ({ ...answer, text: answer.text.slice(0, -1) })),
  'cut-body': async (_, scene) => cutBody(scene.response, await captureAnswer(scene.response, scene.answer)),
  'empty-token': changing(withoutToken),
  'expired-token': retoken(() => ({ offsetSeconds: -2 * HOUR })),
  'short-token': retoken(({ expiresInSeconds }) => ({ lifetimeSeconds: expiresInSeconds })),
  'other-identity': retoken(async (_, { strangerId }) => ({ clientId: await strangerId() })),
  'clock-off': retoken(({ offsetSeconds }) => ({ offsetSeconds })),
  'key-file-missing': rechallenge,
  'key-file-unreadable': rechallenge,
  'key-group-lost': rechallenge,
  'key-file-late': rechallenge,
  'key-file-elsewhere': rechallenge,
  'key-refused': async (_, { request, answer }) => {
    request.headers.authorization = 'Basic refused'
    await answer()
  },
}

/** A fault that changes the agent's own answer. */
function changing(change: (answer: Answer) => Answer): (fault: unknown, scene: Scene) => Promise<void> {
  return async (_, { response, answer }) =>
    sendAnswer(response, change(await captureAnswer(response, answer)))
}

/** A fault that answers another token. */
function retoken<Kind extends FaultKind>(
  changeOf: (fault: FaultOf<Kind>, surroundings: Surroundings) => TokenChange | Promise<TokenChange>,
): Strike<Kind> {
  return async (fault, { response, answer }, surroundings) => {
    const { makeToken, nowSeconds } = surroundings
    const captured = await captureAnswer(response, answer)
    const change = await changeOf(fault, surroundings)
    sendAnswer(response, await changeToken(captured, change, { makeToken, nowSeconds: nowSeconds() }))
  }
}

async function rechallenge(
  fault: Parameters<typeof spoilChallenge>[1],
  { request, response, answer }: Scene,
  surroundings: Surroundings,
): Promise<void> {
  const readsEverything = () => surroundings.readsEverything(request.socket)
  const places = { ...surroundings, readsEverything }
  sendAnswer(response, await spoilChallenge(await captureAnswer(response, answer), fault, places))
}

function withoutToken(answer: Answer): Answer {
  if (answer.status !== 200) return answer
  return { ...answer, text: JSON.stringify({ ...JSON.parse(answer.text), access_token: '' }) }
}

/** Half of what the head promises. */
function cutBody(response: ServerResponse, { status, headers, text }: Answer): void {
  response.writeHead(status, headers)
  response.write(text.slice(0, text.length / 2), () => response.destroy())
}

async function holdUntilGone(response: ServerResponse, ended: AbortSignal): Promise<void> {
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  response.once('close', resolve)
  const end = () => response.destroy()
  ended.addEventListener('abort', end, { once: true })
  await gone
  ended.removeEventListener('abort', end)
}

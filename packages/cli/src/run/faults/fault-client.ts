/**
 * Asks the socket by which a running emulator is told to have faults.
 *
 * @see docs/emulator.md#a-fault-for-one-test
 * @module
 */

import { request } from 'node:http'
import { CliError } from '../../cli-error.ts'
import { FAULT_SOCKET_VARIABLE } from './fault-socket-place.ts'

/** What the socket tells of a fault. */
export type ShownFault = { kind: string; struck: number } & Record<string, unknown>

/** What it tells of a user-assigned identity. */
export interface ShownIdentity {
  name: string
  clientId: string
  isAssigned: boolean
}

/** What it answers: what the path is about, or why it refuses. */
interface FaultAnswer {
  faults?: readonly ShownFault[]
  identities?: readonly ShownIdentity[]
  message?: string
}

/** One request. */
export interface FaultRequest {
  method: string
  path: string
  body?: object | undefined
}

/** An emulator answers within seconds: the first change of an identity opens its Resource Manager. */
const ANSWER_MS = 30_000

const FORGET = `"unset ${FAULT_SOCKET_VARIABLE}" forgets it`

/**
 * What the socket at `socketPath` answers.
 *
 * @throws {CliError} `argument_invalid` for what it refuses, `endpoint_silent` if no whole answer comes within `answerMs`,
 * `endpoint_refused` if another program than an emulator answers.
 */
export async function askFaultSocket(
  socketPath: string,
  asked: FaultRequest,
  answerMs = ANSWER_MS,
): Promise<FaultAnswer> {
  const late = AbortSignal.timeout(answerMs)
  const text = await exchange(socketPath, asked, late).catch((error) => {
    throw explain(late.aborted ? late.reason : error, socketPath)
  })
  const answer = readAnswer(text)
  if (!answer) throw foreign(socketPath)
  if (answer.message !== undefined) throw new CliError('argument_invalid', { detail: answer.message })
  return answer
}

async function exchange(
  socketPath: string,
  { method, path, body }: FaultRequest,
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path, method, agent: false, signal }, (response) => {
    response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
  })
    .on('error', reject)
    .end(body && JSON.stringify(body))
  return await promise
}

/** Undefined for what no emulator answers. */
function readAnswer(text: string): FaultAnswer | undefined {
  try {
    const answer = JSON.parse(text)
    const isRefusal = typeof answer.message === 'string'
    return isRefusal || Array.isArray(answer.faults ?? answer.identities) ? answer : undefined
  } catch {
    return undefined
  }
}

function explain(cause: NodeJS.ErrnoException, socketPath: string): CliError {
  const isLate = cause.name === 'TimeoutError'
  if (!isLate && cause.code?.startsWith('HPE_')) return foreign(socketPath, cause)
  const reason = isLate ? 'no whole answer came in time' : cause.message
  const hints = [`${reason}; has that emulator ended? ${FORGET}`]
  return new CliError('endpoint_silent', { detail: socketPath, hints, cause })
}

function foreign(socketPath: string, cause?: Error): CliError {
  const detail = `what answers at "${socketPath}" is no emulator of this version of Landfast`
  return new CliError('endpoint_refused', {
    detail,
    hints: [`if ${FAULT_SOCKET_VARIABLE} led there: ${FORGET}`],
    cause,
  })
}

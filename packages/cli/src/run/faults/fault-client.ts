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

/** What the socket at `path` answers. @throws {CliError} `argument_invalid` for what it refuses, `endpoint_silent`. */
export async function askFaultSocket(
  socketPath: string,
  { method, path, body }: FaultRequest,
): Promise<FaultAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path, method, agent: false }, (response) => {
    response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject)
  })
    .on('error', reject)
    .end(body && JSON.stringify(body))
  const text = await promise.catch((cause) => {
    const hints = [`${cause.message}; has that emulator ended? "unset ${FAULT_SOCKET_VARIABLE}" forgets it`]
    throw new CliError('endpoint_silent', { detail: socketPath, hints, cause })
  })
  const answer: FaultAnswer = JSON.parse(text)
  if (answer.message !== undefined) throw new CliError('argument_invalid', { detail: answer.message })
  return answer
}

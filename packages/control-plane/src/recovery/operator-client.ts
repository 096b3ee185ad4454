/**
 * Asks the control plane that runs on this host for what only it can do.
 *
 * @module
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { OperatorWork } from '../operation/operator-socket.ts'
import { StorageError, type StorageErrorCode } from '../storage/storage-error.ts'

/** A control plane that is at work. */
export interface AskedControlPlane {
  /** Its next answer. @throws {StorageError} if it refuses, or ends without one. */
  read(): Promise<Record<string, unknown>>
  /** Tells it that this is all. */
  done(): void
  close(): void
}

/**
 * Asks at the socket `path` for `work`.
 *
 * @throws {StorageError} `operator_unreachable` if no control plane listens there.
 */
export async function askControlPlane(
  path: string,
  work: OperatorWork,
  details: object = {},
): Promise<AskedControlPlane> {
  const socket = await reach(path)
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  socket.on('error', () => {})
  socket.write(`${JSON.stringify({ work, ...details })}\n`)
  return {
    read: async () => {
      const { value, done } = await lines.next()
      if (done) throw new StorageError('operator_unreachable', { detail: path })
      const answer = JSON.parse(value) as Record<string, unknown>
      if (typeof answer.error === 'string')
        throw new StorageError(codeOf(answer.error), { detail: String(answer.detail ?? '') })
      return answer
    },
    done: () => socket.end(),
    close: () => socket.destroy(),
  }
}

async function reach(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true })
  try {
    await once(socket, 'connect')
    return socket
  } catch (cause) {
    throw new StorageError('operator_unreachable', { detail: path, cause })
  }
}

/** A control plane of another version may know other codes. */
function codeOf(code: string): StorageErrorCode {
  return StorageError.codes.find((known) => known === code) ?? 'operator_work_unknown'
}

/**
 * The socket by which an operator's command on the same host has a running control plane do what only it can do, since it
 * holds the database. Its owner alone may connect to it. One line of JSON asks, lines of JSON answer, and the command ends its
 * half of the connection when it is done.
 *
 * @module
 */

import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { listenAt, stopperOf } from '@landfast/server'
import type { Logger } from 'pino'
import { StorageError } from '../storage/storage-error.ts'

/** What a command may ask for. */
export type OperatorWork = 'hold-file' | 'change-encryption-key' | 'change-ca'

/** Does a piece of work; `say` answers before its end, and `done` resolves when the command is done or gone. */
export type DoWork = (work: WorkUnderWay) => Promise<object>

/** What a piece of work is done with. */
export interface WorkUnderWay {
  say(answer: object): void
  done: Promise<void>
  /** What was asked, with its details. */
  asked: Readonly<Record<string, unknown>>
}

/** The works by their names. */
export type OperatorWorks = Readonly<Partial<Record<OperatorWork, DoWork>>>

/** A socket that listens. */
export interface OperatorSocket {
  stop(): Promise<void>
}

/** Serves `works` at the socket `path`. @throws {AdminError} if that cannot be had. */
export async function startOperatorSocket(
  path: string,
  works: OperatorWorks,
  log: Logger,
): Promise<OperatorSocket> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    answer(socket, works).catch((err) => {
      log.error({ err }, 'what an operator asked for at the socket failed')
      socket.destroy()
    })
  })
  const stop = stopperOf(server)
  await listenAt(server, { socket: path })
  return { stop }
}

async function answer(socket: Socket, works: OperatorWorks): Promise<void> {
  const { promise: done, resolve } = Promise.withResolvers<void>()
  for (const event of ['end', 'close', 'error']) socket.once(event, () => resolve())
  const say = (line: object) => {
    if (socket.writable) socket.write(`${JSON.stringify(line)}\n`)
  }
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const { value = '{}' } = await lines.next()
  const asked = JSON.parse(value) as { work?: OperatorWork }
  const work = asked.work === undefined ? undefined : works[asked.work]
  say(await outcomeOf(work, { say, done, asked }))
  socket.end()
}

async function outcomeOf(work: DoWork | undefined, underWay: WorkUnderWay): Promise<object> {
  try {
    if (!work) return { error: 'operator_work_unknown' }
    return await work(underWay)
  } catch (error) {
    if (error instanceof StorageError) return { error: error.code, detail: error.detail }
    throw error
  }
}

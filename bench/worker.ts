/**
 * A separate process that answers one question after the other, so that the measured and the measuring side share
 * nothing but the machine.
 *
 * @module
 */

import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { endProcess } from '../packages/cli/src/output.ts'

/** Whether processes can be kept on processors of their own, so that the kernel does not move them in a round. */
const CAN_PIN = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** What a worker sends back. */
type Reply<Answer> = { answer: Answer } | { failure: string }

/** How a worker is started. */
export interface WorkerOptions {
  processor: number
  args?: readonly string[]
  /** Flags of its Node. */
  flags?: readonly string[]
  /** How many descriptors it may have; default: as many as this process. */
  descriptors?: number
}

/** A running worker. */
export class Worker<Question, Answer> {
  readonly #child: ChildProcess

  /** Starts `file` of this folder, on one processor where the system can keep it there. */
  constructor(file: string, { processor, args = [], flags = [], descriptors }: WorkerOptions) {
    const execArgv = [...process.execArgv, ...flags]
    const pinned = CAN_PIN && {
      execPath: 'taskset',
      execArgv: ['-c', String(processor), process.execPath, ...execArgv],
    }
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), args, pinned || { execArgv })
    if (descriptors !== undefined) allowDescriptors(this.#child, descriptors)
  }

  /** Of its process. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** @throws {Error} what the worker threw, or that it ended. */
  async ask(question: Question): Promise<Answer> {
    const { exitCode } = this.#child
    if (exitCode !== null) throw new Error(`a worker ended with exit code ${exitCode}`)
    const { promise, resolve, reject } = Promise.withResolvers<Reply<Answer>>()
    const onExit = (code: number | null) => reject(new Error(`a worker ended with exit code ${code}`))
    this.#child.once('message', (reply) => resolve(reply as Reply<Answer>))
    this.#child.once('exit', onExit)
    this.#child.send(question as object)
    const reply = await promise.finally(() => this.#child.off('exit', onExit))
    if ('failure' in reply) throw new Error(reply.failure)
    return reply.answer
  }

  /** Lets the worker clean up and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }
}

/** Makes this process a worker: `answer` is called with each question, `cleanUp` before it ends. */
export function work<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
  cleanUp: () => Promise<void> = async () => {},
): void {
  process.on('message', (question) => {
    answer(question as Question).then(
      (value) => process.send?.({ answer: value }),
      (error: Error) => process.send?.({ failure: error.message }),
    )
  })
  process.once('disconnect', () => cleanUp().finally(() => endProcess(0)))
}

/** @throws {Error} if that is more than this user may give. */
function allowDescriptors({ pid }: ChildProcess, descriptors: number): void {
  const { status, stderr } = spawnSync('prlimit', [`--nofile=${descriptors}`, '--pid', String(pid)])
  if (status !== 0)
    throw new Error(`a worker needs ${descriptors} descriptors: ${stderr ?? 'no prlimit here'}`)
}

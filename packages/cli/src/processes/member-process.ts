/**
 * Another process of the control plane, as the first one sees it: it is this same command, started with a channel.
 *
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process'
import type { Taking } from '@landfast/control-plane'
import { type FromMember, MEMBER_VARIABLE, type MemberStart, type ToMember } from './messages.ts'

/** A page of counters does without a process that does not answer by then. */
const COUNT_MILLISECONDS = 1_000

/** What happens to it. */
export interface MemberEvents {
  taken(takings: readonly Taking[]): void
  /** It ended, and why: never heard of one that was told to stop. */
  ended(how: string): void
}

/** A member that was started. */
export interface MemberProcess {
  readonly pid: number | undefined
  /** Resolves to whether it serves; false if it ended before. */
  readonly serves: Promise<boolean>
  send(message: ToMember): void
  /** What it has counted; what it last said if it does not answer. */
  counters(): Promise<object[]>
  /** What it said last. */
  readonly lastCounters: object[]
  /** Resolves when it is gone, which it is after `milliseconds` in any case. */
  stop(milliseconds: number): Promise<void>
}

/** Starts one. */
export function startMember(start: MemberStart, events: MemberEvents): MemberProcess {
  const [, program = '', ...args] = process.argv
  const child = fork(program, args, {
    env: { ...process.env, [MEMBER_VARIABLE]: String(start.number) },
    // One log: the errors' stream of this process.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const serves = Promise.withResolvers<boolean>()
  const gone = Promise.withResolvers<void>()
  const questions = createQuestions((message) => tell(child, message))
  let isStopping = false
  child.on('message', (message: FromMember) => {
    if (message.kind === 'here') tell(child, { kind: 'start', start })
    if (message.kind === 'ready') serves.resolve(true)
    if (message.kind === 'taken') events.taken(message.takings)
    if (message.kind === 'counted') questions.answer(message.question, message.counters)
  })
  child.on('error', () => {})
  child.once('exit', (code, signal) => {
    serves.resolve(false)
    gone.resolve()
    if (!isStopping) events.ended(signal ?? `exit code ${code}`)
  })
  return {
    pid: child.pid,
    serves: serves.promise,
    send: (message) => tell(child, message),
    counters: questions.ask,
    get lastCounters() {
      return questions.last()
    },
    stop: async (milliseconds) => {
      isStopping = true
      tell(child, { kind: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
      await gone.promise.finally(() => clearTimeout(timer))
    },
  }
}

/** One that is just ending hears nothing. */
function tell(child: ChildProcess, message: ToMember): void {
  if (child.connected) child.send(message, () => {})
}

/** Asks for counters, and remembers the last ones. */
function createQuestions(send: (message: ToMember) => void) {
  const asked = new Map<number, (counters: object[]) => void>()
  let last: object[] = []
  let count = 0
  return {
    last: () => last,
    answer: (question: number, counters: object[]) => {
      last = counters
      asked.get(question)?.(counters)
    },
    ask: async (): Promise<object[]> => {
      const { promise, resolve } = Promise.withResolvers<object[]>()
      const question = ++count
      const timer = setTimeout(() => resolve(last), COUNT_MILLISECONDS)
      asked.set(question, resolve)
      send({ kind: 'count', question })
      return promise.finally(() => {
        clearTimeout(timer)
        asked.delete(question)
      })
    },
  }
}

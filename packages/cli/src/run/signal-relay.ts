/**
 * Passes signals on to the command that `landfast run` started, so that it ends as it would alone.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { CliError } from '../cli-error.ts'
import { endAtOnce } from '../output.ts'

/** Signals that a program may handle and that users and supervisors send. */
const RELAYED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** One of them. */
export type RelayedSignal = (typeof RELAYED_SIGNALS)[number]

/** What becomes of a signal: the child has it already, gets it from us, or is killed. */
export type SignalAction = 'leave' | 'forward' | 'kill'

/** A second Ctrl-C this soon after the first means that the user insists. */
export const INSISTENCE_MILLISECONDS = 5000

/** Before the child runs, these end the start; the others have no meaning yet. */
const ENDING: ReadonlySet<RelayedSignal> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** The exit code by which a shell reports a program that died by `signal`. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/**
 * Decides over signals as they come. A terminal sends Ctrl-C to its whole foreground process group, so the
 * child has it already; the second in a row kills, as a program may ignore the first.
 */
export function signalPolicy(options: {
  inForeground: () => boolean
  now: () => number
}): (signal: RelayedSignal) => SignalAction {
  let interruptedAt = Number.NEGATIVE_INFINITY
  return (signal) => {
    if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return 'forward'
    if (signal === 'SIGINT') {
      const insists = options.now() - interruptedAt < INSISTENCE_MILLISECONDS
      interruptedAt = options.now()
      if (insists) return 'kill'
    }
    return options.inForeground() ? 'leave' : 'forward'
  }
}

/** Whether this process belongs to the foreground process group of a terminal, by the text of `/proc/self/stat`. */
export function isForeground(stat: string): boolean {
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return terminal !== '0' && group === foreground
}

/** What can be signalled. */
interface SignalTarget {
  kill(signal: NodeJS.Signals): boolean
}

/** Listens from its making until `stop`. */
export interface SignalRelay {
  /** Rejects with `interrupted` if a signal that ends programs comes before there is a target. */
  readonly interrupted: Promise<never>
  /** From now on signals go to `target`. */
  attach(target: SignalTarget): void
  /** The child has ended: from now on the next Ctrl-C calls `giveUp`. */
  detach(giveUp: () => void): void
}

/** Starts to listen for this process's signals. */
export function relaySignals(): SignalRelay {
  const decide = signalPolicy({ inForeground, now: () => performance.now() })
  const start = Promise.withResolvers<never>()
  start.promise.catch(() => {})
  let interruption: InterruptedError | undefined
  let receive = (signal: RelayedSignal): void => {
    if (!ENDING.has(signal)) return
    // What was begun is undone first, but a second signal does not wait for that.
    if (interruption) endAtOnce(interruption.exitCode)
    interruption = new InterruptedError(signal)
    start.reject(interruption)
  }
  for (const signal of RELAYED_SIGNALS) process.on(signal, () => receive(signal))
  return {
    interrupted: start.promise,
    attach(target) {
      receive = (signal) => {
        const action = decide(signal)
        if (action !== 'leave') target.kill(action === 'kill' ? 'SIGKILL' : signal)
      }
    },
    detach(giveUp) {
      receive = (signal) => signal === 'SIGINT' && giveUp()
    },
  }
}

/** A start that a signal ended. Ctrl-C has azcmagent's exit code, any other signal the shell's. */
class InterruptedError extends CliError {
  override readonly exitCode: number
  constructor(signal: RelayedSignal) {
    super('interrupted')
    this.exitCode = signal === 'SIGINT' ? 11 : exitCodeOf(signal)
  }
}

function inForeground(): boolean {
  try {
    return isForeground(readFileSync('/proc/self/stat', 'utf8'))
  } catch {
    return process.stdin.isTTY || process.stderr.isTTY
  }
}

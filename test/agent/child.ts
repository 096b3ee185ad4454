/**
 * Programs of the tests that run in processes of their own.
 *
 * @module
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A program under way. */
export interface Child {
  process: ChildProcess
  /** The next line of its output, parsed. */
  read(): Promise<Record<string, unknown>>
  /** What it wrote to stderr so far. */
  readonly stderr: string
  /** Sends `signal` and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** The command that runs a program of this folder, or the one at a URL, from its source. */
export function childCommand(script: string | URL, ...rest: string[]): string[] {
  const file = fileURLToPath(new URL(script, import.meta.url))
  return [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source', file, ...rest]
}

/** Starts `command`; it is killed when the test ends. */
export function startChild(command: readonly string[], options: SpawnOptions = {}): Child {
  const [program = '', ...rest] = command
  const child = spawn(program, rest, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (part: Buffer) => {
    stderr += part.toString()
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    process: child,
    read: async () => {
      const { value, done } = await lines.next()
      if (done) throw new Error(`the program ended without a word: ${stderr}`)
      return JSON.parse(value)
    },
    get stderr() {
      return stderr
    },
    end: async (signal) => {
      child.kill(signal)
      await exited
    },
  }
}

/**
 * A third-party server that runs as a child, from its start until it is stopped with all its processes.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

/** A server that answers. */
export interface RunningServer {
  readonly url: string
  stop(): Promise<void>
}

/** RabbitMQ takes ten seconds on a quiet machine. */
const START_MILLISECONDS = 90_000
const POLL_MILLISECONDS = 200

/** Starts `command` and waits until something answers at `readyUrl`, whatever it says. */
export async function startServer(options: {
  command: readonly string[]
  env: NodeJS.ProcessEnv
  readyUrl: string
  url: string
}): Promise<RunningServer> {
  const [program = '', ...rest] = options.command
  const child = spawn(program, rest, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part))
  const exited = once(child, 'exit')
  const deadline = performance.now() + START_MILLISECONDS
  while (!(await answers(options.readyUrl))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${program} does not answer: ${output}`)
    }
    await setTimeout(POLL_MILLISECONDS)
  }
  return {
    url: options.url,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  )
}

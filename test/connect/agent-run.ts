/**
 * The agent as a process of the real command, which runs until it is heard or says something.
 *
 * @module
 */

import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { TestCommand } from '../cli/command.ts'

/** Runs the agent of `state` until it wrote `text`, or its heartbeat was answered; it ends by a signal. */
export async function runAgent(
  command: TestCommand,
  state: string,
  { text, env }: { text?: string; env?: NodeJS.Dict<string> } = {},
): Promise<void> {
  const agent = command.start(['agent', '--styles', 'app-service', '--state-dir', state], {
    env: { LANDFAST_IDENTITY_HEADER: 'a-secret-of-thirty-two-characters', ...env },
  })
  onTestFinished(() => void agent.child.kill('SIGKILL'))
  await Promise.all([agent.wrote('the agent is started'), text ? agent.wrote(text) : heard(state)])
  agent.child.kill('SIGTERM')
  expect(await agent.ended).toMatchObject({ code: 0 })
}

function nonceOf(state: string): unknown {
  return JSON.parse(readFileSync(join(state, 'presence.json'), 'utf8')).nonce
}

/** Waits until a heartbeat has brought the next nonce. */
async function heard(state: string): Promise<void> {
  const before = nonceOf(state)
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(state, (_, name) => {
    if (name === 'presence.json' && nonceOf(state) !== before) resolve()
  })
  onTestFinished(() => watcher.close())
  await promise
  watcher.close()
}

/**
 * The agent's service, as `connect` and `disconnect` of root meet it: started once the machine has a registration, and
 * stopped before that goes.
 *
 * @see docs/install.md
 * @module
 */

import { STATE_FOLDER } from '../settings/agent-settings.ts'
import { printNote } from '../terminal.ts'
import { undoIfInterrupted, unlessInterrupted } from '../usage/interruption.ts'
import { AGENT_UNIT, hasUnit, isRunning, systemctl } from './systemd.ts'

/** Ends the care for a service that was stopped here; undefined while none is. */
let release: (() => void) | undefined

/** Starts the service on the machine in `folder`, if it is the service's. @returns whether it runs. */
export async function startAgentService(folder: string): Promise<boolean> {
  const isStarted = await unlessInterrupted(() => start(folder))
  release?.()
  release = undefined
  return isStarted
}

async function start(folder: string): Promise<boolean> {
  if (!(await isOurs(folder)) || !(await hasUnit(AGENT_UNIT))) return false
  try {
    await unlessInterrupted(() => systemctl('start', AGENT_UNIT))
    return await isRunning(AGENT_UNIT)
  } catch {
    printNote(`${AGENT_UNIT} did not start; "journalctl -u ${AGENT_UNIT} -n 20" says why`)
    return false
  }
}

/**
 * Stops the service for `work` on the folder that it holds, if it does, and starts it again if that fails, or if the command is
 * interrupted before the service is started: whose machine it is keeps its tokens.
 */
export async function withoutAgentService<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (!(await isOurs(folder)) || !(await isRunning(AGENT_UNIT))) return await work()
  release ??= undoIfInterrupted(() => systemctl('--no-block', 'start', AGENT_UNIT))
  // Its start takes the stop's place, and a terminal interrupts systemctl as well.
  await unlessInterrupted(() => systemctl('stop', AGENT_UNIT))
  try {
    return await unlessInterrupted(work)
  } catch (error) {
    await startAgentService(folder)
    throw error
  }
}

/** Only root tells systemd what to do, and the service has one folder. */
async function isOurs(folder: string): Promise<boolean> {
  return process.geteuid?.() === 0 && folder === STATE_FOLDER
}

/**
 * systemd, as commands of root ask it: whether it runs here, which units it knows, and to start and stop them.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** The unit of the agent. */
export const AGENT_UNIT = 'landfast-agent.service'

/** The unit of the control plane. */
export const CONTROL_PLANE_UNIT = 'landfast-control-plane.service'

/** It is there while systemd is what the system was booted with: sd_booted(3). */
const BOOTED = '/run/systemd/system'

/** A unit that does not start within this time is told of as it is then. */
const DEADLINE_MS = 120_000

/** Whether this system was booted with systemd. */
export function isBooted(): boolean {
  return existsSync(BOOTED)
}

/** Whether this system has systemd at all, be it an image that is not booted. */
export async function hasSystemd(): Promise<boolean> {
  return await systemctl('--version').then(
    () => true,
    () => false,
  )
}

/** Asks systemd for something, by the words of its command; rejects with what that said. */
export async function systemctl(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('systemctl', words, { timeout: DEADLINE_MS })
  return stdout.trim()
}

/** Whether `unit` is there to be started. */
export async function hasUnit(unit: string): Promise<boolean> {
  return isBooted() && (await ask('show', '--property=LoadState', '--value', unit)) === 'loaded'
}

/** Whether `unit` runs, starts, or is about to be started again. */
export async function isRunning(unit: string): Promise<boolean> {
  if (!isBooted()) return false
  return ['active', 'activating', 'reloading'].includes(
    await ask('show', '--property=ActiveState', '--value', unit),
  )
}

/** How the agent's service stands, in one line; undefined where systemd does not run. */
export async function agentUnitStatus(): Promise<string | undefined> {
  if (!isBooted()) return undefined
  const state = (property: string) => ask('show', `--property=${property}`, '--value', AGENT_UNIT)
  const [active, enabled] = await Promise.all([state('ActiveState'), state('UnitFileState')])
  return `${AGENT_UNIT}: ${active || 'unknown'}, ${enabled || 'not installed'}`
}

/** What cannot be asked is not so. */
async function ask(...words: string[]): Promise<string> {
  return await systemctl(...words).catch(() => '')
}

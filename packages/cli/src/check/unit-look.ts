/**
 * Asks systemd how the service of the agent stands, where systemd runs.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemctl.html
 * @module
 */

import { AGENT_UNIT, isBooted } from '../installation/systemd.ts'
import type { Seen } from './finding.ts'
import { runProgram } from './program-run.ts'

/** What systemd says. */
export async function lookAtUnit(): Promise<Seen<{ enabled: string; active: string }>> {
  if (!isBooted()) return { unseen: 'systemd does not run this host, so it has no units' }
  const [enabled, active] = await Promise.all(
    ['is-enabled', 'is-active'].map((verb) => runProgram('systemctl', [verb, AGENT_UNIT])),
  )
  const state = enabled?.output.trim() ?? ''
  // Older ones say so on stderr alone.
  return {
    value: { enabled: state === '' ? 'not-found' : state, active: active?.output.trim() || 'unknown' },
  }
}

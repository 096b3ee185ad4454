/**
 * The command `agent` with its flags, which are its settings.
 *
 * @see docs/configuration.md
 * @module
 */

import type { Command } from 'commander'
import { type End, example } from '../declaration.ts'
import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { addSettings } from '../settings/settings-options.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'

/** Adds `agent` to `program`. */
export function addAgent(program: Command, end: End): void {
  const command = program.command('agent').description('run the agent alone, as a service')
  addSettings(command, AGENT_SETTINGS)
    .addHelpText('after', example('landfast agent --config /etc/landfast/agent.yaml'))
    .action(async (flags: SettingFlags) => {
      const { agent } = await import('./agent.ts')
      end(await agent(flags))
    })
}

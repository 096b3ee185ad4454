/**
 * `landfast agent` without the other commands: what a service starts with.
 *
 * @module
 */

import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { readPlainFlags } from '../settings/plain-flags.ts'
import { runToEnd } from '../usage/program-end.ts'
import { agent } from './agent.ts'

// Not awaited: the build makes CommonJS of it.
void runToEnd(async (args) => {
  const flags = readPlainFlags(AGENT_SETTINGS, args.slice(1))
  return flags ? await agent(flags) : await runWholeCommand(args)
})

/** By the parser of command lines. */
async function runWholeCommand(args: readonly string[]): Promise<number> {
  const { newProgram, runCommand } = await import('../usage/new-program.ts')
  const { addAgent } = await import('./agent-command.ts')
  return await runCommand(args, (end) => {
    const program = newProgram()
    addAgent(program, end)
    return program
  })
}

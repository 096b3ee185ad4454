/**
 * Where no token file may be: among what the agent keeps for itself, what it believes, and the key files.
 *
 * @see docs/token-files.md
 * @module
 */

import { dirname, sep } from 'node:path'
import type { TokenFileEntry } from '@landfast/agent'
import { CliError } from '../cli-error.ts'
import { AGENT_SETTINGS_FILE, type AgentSettings } from './agent-settings.ts'

/** The token files of `settings`. @throws {CliError} `argument_invalid` for one in a folder of the agent's own. */
export function tokenFilesOf(settings: AgentSettings): readonly TokenFileEntry[] {
  const { 'state-dir': state, 'key-folder': keys, 'token-files': entries } = settings
  const own = [state, keys, dirname(AGENT_SETTINGS_FILE)]
  for (const { path } of entries) {
    const folder = own.find((one) => isInside(path, one))
    if (folder === undefined) continue
    const detail = `"token-files": "${path}" is in "${folder}", which is the agent's own`
    const hints = ['name another folder, such as /run/landfast/tokens']
    throw new CliError('argument_invalid', { detail, hints })
  }
  return entries
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

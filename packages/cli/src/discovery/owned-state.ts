/**
 * The state folder of the agent, for a command that root runs: what is written there belongs to the agent's user, who
 * could otherwise not read it, and could lead root elsewhere by a link.
 *
 * @module
 */

import { type Stats, statSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import { asOwnerOf as asUser } from '../files/as-owner.ts'
import { explainState } from '../files/state-failure.ts'
import { adminNeeded } from '../machine/machine-folder.ts'

const INSTEAD = 'name another with --state-dir'

const FORBIDDEN: readonly unknown[] = ['EACCES', 'EPERM']

/**
 * What `run` returns, which runs as the owner of the folder at `path`.
 *
 * @throws {CliError} `state_folder_unusable` or `admin_needed`.
 */
export async function asOwnerOf<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    const { uid } = ownerOf(path)
    const own = process.geteuid?.()
    if (own === undefined || own === uid) return await run()
    if (own !== 0) throw adminNeeded(path, undefined)
    return await asUser(path, run)
  } catch (error) {
    if (error instanceof CliError) throw error
    if (FORBIDDEN.includes((error as NodeJS.ErrnoException).code)) throw adminNeeded(path, error)
    throw explainState(error, path, INSTEAD)
  }
}

function ownerOf(path: string): Stats {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found) return found
  const hints = [`it is not there; connect this host first ("landfast connect"), or ${INSTEAD}`]
  throw new CliError('state_folder_unusable', { detail: path, hints })
}

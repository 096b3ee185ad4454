/**
 * Finds a program as the shell would, so that a mistyped command fails before anything is started.
 *
 * @module
 */

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { CliError } from '../cli-error.ts'

/** What execvp searches when PATH is not set. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/**
 * The path of `program`, found through `path` (the value of PATH) unless it holds a slash.
 *
 * @throws {CliError} `command_not_found`, or `command_not_executable` if there is only a file of that name
 *   that may not be run.
 */
export async function findProgram(program: string, path: string | undefined): Promise<string> {
  const candidates = program.includes('/')
    ? [program]
    : (path ?? DEFAULT_PATH).split(delimiter).map((folder) => join(folder || '.', program))
  let refused: string | undefined
  for (const candidate of program === '' ? [] : candidates) {
    const state = await inspect(candidate)
    if (state === 'executable') return candidate
    if (state === 'refused') refused ??= candidate
  }
  if (refused) {
    throw new CliError('command_not_executable', {
      detail: refused,
      hints: ['is it a program, and does its file mode allow you to run it?'],
    })
  }
  throw new CliError('command_not_found', {
    detail: program,
    hints: ['check the spelling; a program of this folder is written with "./" in front'],
  })
}

async function inspect(file: string): Promise<'executable' | 'refused' | 'absent'> {
  // A folder that we may not enter is passed over, as a shell does.
  const stats = await stat(file).catch(() => undefined)
  if (!stats) return 'absent'
  if (!stats.isFile()) return 'refused'
  return await access(file, constants.X_OK).then(
    () => 'executable' as const,
    () => 'refused' as const,
  )
}

/**
 * Programs that `npm run package` runs.
 *
 * @module
 */

import { type SpawnSyncOptionsWithBufferEncoding, spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { PackageError } from './package-error.ts'

/** More than any program here prints: a tar archive with Node's program in it. */
const MOST_BYTES = 2 ** 30

/** A program, its arguments, and what else it needs. */
export interface ToolOptions extends Pick<SpawnSyncOptionsWithBufferEncoding, 'cwd' | 'env' | 'input'> {
  /** What to do where it is not installed. */
  install: string
}

/**
 * Runs it to its end; what it printed.
 *
 * @throws {PackageError} if it is not there, or fails.
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions): Buffer {
  const { install, ...rest } = options
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    ...rest,
    maxBuffer: MOST_BYTES,
  })
  const name = basename(program)
  if (error)
    throw new PackageError(`"${name}" could not be started: ${error.message}`, install, { cause: error })
  if (status === 0) return stdout
  const said = (stderr.toString().trim() || stdout.toString().trim()).split('\n').slice(-5).join('\n')
  throw new PackageError(`"${name}" ended with ${signal ?? status}:\n${said}`, 'see what it says')
}

/**
 * Makes systems of Debian by mmdebstrap.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'

/** Makes a system of Debian's `suite` in `target`, a folder or an archive by its name; whether root runs this and it is there. */
export function bootstrap(target: string, suite: string, options: readonly string[]): boolean {
  return process.getuid?.() === 0 && succeeds('mmdebstrap', ['--quiet', ...options, suite, target])
}

/** Whether `program` ended well; it says what went wrong on stderr. */
export function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

/**
 * Checks for root, where only root may do something.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'

/** @throws {CliError} `root_needed` unless root runs this; `what` says for what. */
export function requireRoot(what: string): void {
  if (process.geteuid?.() === 0) return
  throw new CliError('root_needed', { detail: what, hints: ['run the same command with sudo, or as root'] })
}

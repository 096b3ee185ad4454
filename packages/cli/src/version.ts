/**
 * `landfast version`: the version of Landfast and of the runtime below it.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { printResult } from './terminal.ts'

/** Prints the version, or with `--json` the runtime's as well. */
export function version(flags: { json?: true }): number {
  const { versions, platform, arch } = process
  if (flags.json) printResult(JSON.stringify({ version: readVersion(), node: versions.node, platform, arch }))
  else printResult(versionLine())
  return 0
}

/** What people read. */
export function versionLine(): string {
  return `landfast version ${readVersion()}`
}

/** The version of Landfast: from the package's own description, which is beside `dist`, where this is bundled, and `src`. */
export function readVersion(): string {
  const url = new URL('../package.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')).version
}

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

/** From the package's own description: beside `dist`, where this is bundled, or above `src/commands`. */
/** The version of Landfast. */
export function readVersion(): string {
  const url = new URL(
    import.meta.url.endsWith('.ts') ? '../package.json' : '../package.json',
    import.meta.url,
  )
  return JSON.parse(readFileSync(url, 'utf8')).version
}

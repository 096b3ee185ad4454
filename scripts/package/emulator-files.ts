/**
 * What of the bundle is the emulator alone: the endpoint that fails on demand, and the services beside it. Packages for servers
 * leave it out, so no server can be told to have faults.
 *
 * @see docs/emulator.md
 * @module
 */

import { basename } from 'node:path'
import type { Metafile } from 'esbuild'

const SOURCES = /(^|\/)emulator\/src\//

/** The names of its files in the folder of the bundle: each begins with a module of the emulator, which nothing else loads. */
export function emulatorFiles({ outputs }: Metafile): string[] {
  const own = Object.entries(outputs).filter(([, { entryPoint = '' }]) => SOURCES.test(entryPoint))
  return own.map(([path]) => basename(path)).sort()
}

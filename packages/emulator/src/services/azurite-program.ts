/**
 * Where Azurite is installed: in the project of the current folder, or on PATH.
 *
 * @module
 */

import { realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, delimiter, join } from 'node:path'
import { EmulatorError } from '../emulator-error.ts'

/** In the npm package `azurite`: what starts its services for blobs, queues and tables. */
const PROGRAM = 'azurite/dist/src/azurite.js'

/** Where it is looked for. */
export interface AzuritePlaces {
  /** The folder of the project, or one below it. */
  folder: string
  /** The variable PATH. */
  path: string | undefined
}

/** The script to run with Node. @throws {EmulatorError} `service_missing`. */
export async function findAzurite({ folder, path = '' }: AzuritePlaces): Promise<string> {
  try {
    return createRequire(join(folder, 'package.json')).resolve(PROGRAM)
  } catch {}
  for (const place of path.split(delimiter).filter(Boolean)) {
    const file = await realpath(join(place, 'azurite')).catch(() => undefined)
    // A link of npm's leads to the script; a script of a shell's, as other package managers write, to no script of Node's.
    if (file && basename(file) === basename(PROGRAM)) return file
  }
  throw new EmulatorError(
    'service_missing',
    `Azurite is neither in the project of "${folder}" nor on PATH; install it: npm install --save-dev azurite`,
  )
}

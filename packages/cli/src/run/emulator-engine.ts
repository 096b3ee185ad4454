/**
 * The emulator, which the packages for servers leave out.
 *
 * @see docs/packages.md
 * @module
 */

import { CliError } from '../cli-error.ts'

/** What it exports. */
export type EmulatorEngine = typeof import('@landfast/emulator')

/** @throws {CliError} `emulator_absent`. */
export async function loadEmulator(): Promise<EmulatorEngine> {
  try {
    return await import('@landfast/emulator')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new CliError('emulator_absent', {
      cause,
      hints: [
        'where programs are tested, use the archive, the npm package or the image "landfast-emulator" (docs/packages.md)',
      ],
    })
  }
}

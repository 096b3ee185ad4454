/**
 * The files for a host that come with the program: units, users, folders, a reserved port, rotation. Packages have the
 * same files.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** Beside the bundled command, and in a checkout. */
const FOLDERS = ['./host/', '../../../../packaging/']

/** The text of the file `name`, a path such as `systemd/landfast-agent.service`. */
export function shippedFile(name: string): string {
  for (const folder of FOLDERS) {
    try {
      return readFileSync(new URL(`${folder}${name}`, import.meta.url), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(`"${name}" did not come with this program`)
}

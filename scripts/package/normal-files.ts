/**
 * Files as they are in an artifact, whatever the umask and clock of whoever builds it.
 *
 * @module
 */

import { chmodSync, lutimesSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER_MODE = 0o755
const PROGRAM_MODE = 0o755
const FILE_MODE = 0o644

/** Gives everything in `folder` one time and plain modes; what its owner may start stays a program. */
export function normalize(folder: string, epochSeconds: number): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isSymbolicLink()) chmodSync(path, entry.isDirectory() ? FOLDER_MODE : modeOf(path))
    lutimesSync(path, epochSeconds, epochSeconds)
  }
  chmodSync(folder, FOLDER_MODE)
  lutimesSync(folder, epochSeconds, epochSeconds)
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o100 ? PROGRAM_MODE : FILE_MODE
}

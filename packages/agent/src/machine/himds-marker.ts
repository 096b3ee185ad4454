/**
 * The marker: a file in the place of the real agent's program. SDKs take its presence as the sign that Azure Arc's
 * endpoint is on this host. Its second line tells ours from the real program.
 *
 * @see docs/install.md
 * @module
 */

import { closeSync, constants, openSync, readSync } from 'node:fs'
import { HIMDS_FILES } from '@landfast/protocol'

/** Where the real agent has its program, and where SDKs look for it; and where MSAL for Python looked up to 1.31.0. */
export const [HIMDS_FILE, OLD_HIMDS_FILE] = HIMDS_FILES

const SIGNATURE = '# landfast-himds-marker'

/** The text of the marker, for a person who reads or runs it. */
export const HIMDS_MARKER = `#!/bin/sh
${SIGNATURE}
# Azure SDKs take this file's being here for the word that Azure Arc's endpoint is on this host.
# Landfast placed it. "landfast uninstall" removes it, or the removal of its package.
echo 'himds: this is Landfast; the endpoint is served by "landfast agent"' >&2
exit 1
`

/** Whether `file` is a marker of ours, of this version or another. What cannot be read is none. */
export function isHimdsMarker(file: string): boolean {
  try {
    return readStart(file).split('\n')[1] === SIGNATURE
  } catch {
    return false
  }
}

/** O_NONBLOCK: a pipe in the file's place must not hang us. */
function readStart(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const start = Buffer.alloc(HIMDS_MARKER.length)
    return start.toString('latin1', 0, readSync(descriptor, start))
  } finally {
    closeSync(descriptor)
  }
}

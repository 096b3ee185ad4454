/**
 * The places of what makes Landfast a service on a host without its package. What a package has in `/usr/lib` is in
 * `/etc` here, where the host's own files are.
 *
 * @see docs/install.md#without-a-package-manager
 * @module
 */

import { join } from 'node:path'
import { PLACES, type Place } from '../discovery/places.ts'
import { shippedFile } from './shipped-files.ts'
import { AGENT_UNIT, CONTROL_PLANE_UNIT } from './systemd.ts'

/** Where a package has the command, as the units name it. */
export const PACKAGED_COMMAND = '/usr/bin/landfast'

/** Where the command is for people. */
export const COMMAND_FILE = '/usr/local/bin/landfast'

const FILE = { kind: 'file', mode: 0o644 } as const

/** Everything that is placed for the program in `folder`. */
export function servicePlaces(folder: string, hasSystemd: boolean): Place[] {
  const command = join(folder, 'landfast')
  return [
    ...PLACES,
    { ...FILE, path: COMMAND_FILE, content: `#!/bin/sh\nexec ${command} "$@"\n`, mode: 0o755 },
    { ...FILE, path: '/etc/sysctl.d/10-landfast.conf', content: shippedFile('sysctl.d/10-landfast.conf') },
    { ...FILE, path: '/etc/logrotate.d/landfast', content: shippedFile('logrotate.d/landfast') },
    ...(hasSystemd ? systemdPlaces(command) : []),
  ]
}

function systemdPlaces(command: string): Place[] {
  const units = [AGENT_UNIT, CONTROL_PLANE_UNIT].map((unit) => ({
    ...FILE,
    path: `/etc/systemd/system/${unit}`,
    content: shippedFile(`systemd/${unit}`).replaceAll(PACKAGED_COMMAND, command),
  }))
  const folders = shippedFile('tmpfiles.d/landfast.conf')
  return [...units, { ...FILE, path: '/etc/tmpfiles.d/landfast.conf', content: folders }]
}

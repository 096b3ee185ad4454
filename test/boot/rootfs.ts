/**
 * A Debian 12 that can be booted, made once by `npm run setup:parts`: an archive, since the folders of a system are for
 * nobody to change.
 *
 * @module
 */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootstrap } from '../../scripts/bootstrap.ts'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'

/** What is in it beside the essential packages. */
const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'iproute2',
  'libfaketime',
  'libstdc++6',
  'logrotate',
  'passwd',
]

const RELEASE = 'bookworm'

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.debian', import.meta.url))

const NAME = 'rootfs.tar'

/** With other packages it is made anew. */
const CONTENT = `${RELEASE} ${PACKAGES.join(' ')}`

/** The path of the archive, or undefined. */
export function findRootfs(): string | undefined {
  return isThere({ folder: FOLDER, content: CONTENT }) ? join(FOLDER, NAME) : undefined
}

/** Makes it, where root runs this on a Debian; says what is left out if it cannot. */
export function installRootfs(): void {
  if (!installOnce('debian', { folder: FOLDER, content: CONTENT, install }))
    process.stdout.write('missing: a Debian that root can boot, for the services of packages\n')
}

function install(folder: string): boolean {
  return bootstrap(join(folder, NAME), RELEASE, ['--variant=minbase', `--include=${PACKAGES.join(',')}`])
}

/**
 * The places where SDKs look on a whole host: the marker files, and the variables of services and sessions. Files are
 * wholly ours; `/etc/environment` belongs to the host, so only lines in it are.
 *
 * @see docs/install.md#what-sdks-look-for
 * @module
 */

import { HIMDS_FILE, HIMDS_MARKER, OLD_HIMDS_FILE } from '@landfast/agent'
import { endpointVariables } from '@landfast/protocol'
import { DEFAULT_ENDPOINT } from '../endpoint/endpoint-location.ts'

/** Something of ours in one place of the host. */
export interface Place {
  path: string
  /** Whether the file is ours, or lines of it. */
  kind: 'file' | 'lines'
  content: string
  /** Of a file that is ours, or that has to be made for the lines. */
  mode: number
}

const VARIABLES = Object.entries(endpointVariables(DEFAULT_ENDPOINT)).map(
  ([name, value]) => `${name}=${value}`,
)

const SERVICE_VARIABLES = `# Leads Azure SDKs in services to the agent of this host. "landfast uninstall" removes this file.
[Manager]
DefaultEnvironment=${VARIABLES.join(' ')}
`

const SESSION_VARIABLES = `# landfast: leads Azure SDKs to the agent of this host; "landfast uninstall" removes these lines
${VARIABLES.join('\n')}
# landfast: end
`

/** Where PAM finds the variables of each session, and systemd those of the services of a user. */
export const SESSION_PLACE: Place = {
  path: '/etc/environment',
  kind: 'lines',
  content: SESSION_VARIABLES,
  mode: 0o644,
}

/** Everything that `landfast install --marker-only` places. */
export const PLACES: readonly Place[] = [
  { path: HIMDS_FILE, kind: 'file', content: HIMDS_MARKER, mode: 0o755 },
  { path: OLD_HIMDS_FILE, kind: 'file', content: HIMDS_MARKER, mode: 0o755 },
  {
    path: '/etc/systemd/system.conf.d/50-landfast.conf',
    kind: 'file',
    content: SERVICE_VARIABLES,
    mode: 0o644,
  },
  SESSION_PLACE,
]

/** What is placed, in words. */
export function nameOf({ path, kind }: Place): string {
  return kind === 'lines' ? `lines in ${path}` : path
}

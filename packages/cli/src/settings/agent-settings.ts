/**
 * The settings of `landfast agent`.
 *
 * @see docs/configuration.md
 * @module
 */

import {
  ARC_KEY_FOLDER,
  ARC_KEY_GROUP,
  ARC_PORT,
  SERVED_STYLE_NAMES,
  type ServedStyleName,
} from '@landfast/protocol'
import { AWS_SETTINGS } from './aws-rows.ts'
import { LOG_LEVEL } from './log-level.ts'
import { PROXY_SETTINGS } from './proxy-rows.ts'
import {
  parseAudiencePatterns,
  parseList,
  parseOptionalPath,
  parsePath,
  parsePort,
  parseWholeNumber,
  parseWorkloadPlaces,
  parseYesOrNo,
  readHostPort,
} from './setting-values.ts'
import type { SettingRows, SettingValues } from './settings-table.ts'
import { parseTokenFiles } from './token-file-entries.ts'

/** Where a machine's state is if nothing says so. */
export const STATE_FOLDER = '/var/lib/landfast'

/** Where the service has its settings, and commands about it look for them. */
export const AGENT_SETTINGS_FILE = '/etc/landfast/agent.yaml'

/** Where every user finds which machine this is, for the state folder above. */
const PUBLIC_FILE = '/run/landfast/machine.json'

/** The file from which every user learns which machine has its state in `folder`; none if none was named. */
export function publicFileOf(folder: string, named: string | undefined): string | undefined {
  return named ?? (folder === STATE_FOLDER ? PUBLIC_FILE : undefined)
}

/** Every setting by the name it has in the YAML file. */
export const AGENT_SETTINGS = {
  'state-dir': {
    value: 'dir',
    default: STATE_FOLDER,
    meaning: 'the folder with this machine’s registration and key, which only the agent’s user may enter',
    parse: parsePath,
  },
  styles: {
    value: 'list',
    default: 'arc',
    meaning: `which endpoints to serve, separated by commas: ${SERVED_STYLE_NAMES.join(', ')}`,
    parse: parseStyles,
  },
  port: {
    value: 'number',
    default: String(ARC_PORT),
    meaning: 'the port of the Arc style; official clients have the default built in; 0 is any free one',
    parse: parsePort,
  },
  'app-service-port': {
    value: 'number',
    default: '0',
    meaning: 'the port of the App Service style; 0 is any free one, named in the log',
    parse: parsePort,
  },
  'style-ports': {
    value: 'list',
    default: '',
    meaning:
      'the ports of other styles, such as vm=50001,azure-ml=50002; without it any free one, named in the log',
    parse: parseStylePorts,
  },
  vm: {
    value: 'yes|no',
    default: 'no',
    meaning: 'whether to answer in the VM style at 169.254.169.254, port 80, as well',
    parse: parseYesOrNo,
  },
  'vm-rate-limit': {
    value: 'number',
    default: '',
    meaning:
      'requests for tokens that the VM style answers in a second, and at most 5 at once; the real service has 20; without it all',
    parse: (text) => (text === '' ? undefined : parseWholeNumber(text) || undefined),
  },
  'workload-listen': {
    value: 'list',
    default: '',
    meaning:
      'addresses of bridges, with ports, where containers ask that have a network of their own, such as 10.88.0.1:40343; each may come after the agent; without it none',
    parse: parseWorkloadPlaces,
  },
  'identity-header-file': {
    value: 'file',
    default: '',
    meaning: 'the file that holds the secret of the styles that have one; at least 16 characters',
    parse: parseOptionalPath,
  },
  'key-folder': {
    value: 'dir',
    default: ARC_KEY_FOLDER,
    meaning: 'the folder of the Arc style’s key files; official clients read no other than the default',
    parse: parsePath,
  },
  'key-group': {
    value: 'group',
    default: ARC_KEY_GROUP,
    meaning:
      'the group whose members may read key files, and ask in the styles that have neither key file nor secret; an empty value is the agent’s own',
    parse: (text) => text || undefined,
  },
  'token-files': {
    value: 'json',
    default: '',
    isStructured: true,
    meaning:
      'files that the agent writes tokens into and keeps fresh: a list of entries with path, audience, and perhaps identity, owner, group and mode; in a variable or a flag as JSON. See token-files.md',
    parse: parseTokenFiles,
  },
  policy: {
    value: 'file',
    default: '',
    meaning:
      'the policy file, which says who may have which token; without it, every caller that passes the proof of a style',
    parse: parseOptionalPath,
  },
  'control-plane-audiences': {
    value: 'list',
    default: '',
    meaning:
      'beside an application in Entra ID: the audiences whose tokens are the machine’s own from its control plane where a request selects no identity, such as api://ours,https://internal.example/*',
    parse: parseAudiencePatterns,
  },
  'audit-log': {
    value: 'file',
    default: '',
    meaning: 'the file to which each decision is written as a JSON line; SIGHUP opens it anew',
    parse: parseOptionalPath,
  },
  'public-file': {
    value: 'file',
    default: '',
    meaning: `the file in which "landfast show" finds for every user which machine this is; without it, ${PUBLIC_FILE} if the state folder is the default`,
    parse: parseOptionalPath,
  },
  'ca-file': {
    value: 'file',
    default: '',
    meaning:
      'certificates (PEM) of CAs by which the control plane is known as well, beside those that "landfast connect" kept: its next one, say',
    parse: parseOptionalPath,
  },
  ...PROXY_SETTINGS,
  ...AWS_SETTINGS,
  'admin-socket': {
    value: 'path',
    default: '',
    meaning:
      'the Unix socket of /livez, /readyz, /metrics, /status and /token-files; without it, agent.sock in the state folder',
    parse: parseOptionalPath,
  },
  'admin-port': {
    value: 'number',
    default: '',
    meaning: 'a port on 127.0.0.1 for the same, in place of the socket',
    parse: (text) => (text === '' ? undefined : parsePort(text)),
  },
  'metrics-address': {
    value: 'address',
    default: '',
    meaning:
      'HOST:PORT where /metrics and /livez are for other hosts as well, and nothing else; without it, only where the rest is. Any client that reaches it can read them',
    parse: parseMetricsAddress,
  },
  'drain-time': {
    value: 'seconds',
    default: '1',
    meaning:
      'how long the agent goes on answering when it is told to stop, while /readyz says that it is not ready',
    parse: parseWholeNumber,
  },
  'log-level': LOG_LEVEL,
} as const satisfies SettingRows

/** Every setting's value. */
export type AgentSettings = SettingValues<typeof AGENT_SETTINGS>

function parseMetricsAddress(text: string): { host: string; port: number } | undefined {
  if (text === '') return undefined
  const address = readHostPort(text)
  if (address) return address
  throw new TypeError(`must be HOST:PORT, not "${text}"`)
}

function parseStyles(text: string): ServedStyleName[] {
  return [...new Set(text.split(',').map(parseStyle))]
}

function parseStyle(text: string): ServedStyleName {
  const name = SERVED_STYLE_NAMES.find((known) => known === text.trim())
  if (name) return name
  throw new TypeError(
    `knows ${SERVED_STYLE_NAMES.map((known) => `"${known}"`).join(', ')}, not "${text.trim()}"`,
  )
}

function parseStylePorts(text: string): Map<ServedStyleName, number> {
  return new Map(
    parseList(text).map((pair) => {
      const [style = '', port = ''] = pair.split('=')
      return [parseStyle(style), parsePort(port.trim())]
    }),
  )
}

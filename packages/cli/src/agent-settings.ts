/**
 * The settings of `landfast agent`.
 *
 * @see docs/configuration.md
 * @module
 */

import { ARC_KEY_FOLDER, ARC_KEY_GROUP, ARC_PORT, STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { LOG_LEVELS } from './log.ts'
import { parseLogLevel, parseOptionalPath, parsePath, parsePort } from './setting-values.ts'
import type { SettingRows, SettingValues } from './settings-table.ts'

/** Where a machine's state is if nothing says so. */
export const STATE_FOLDER = '/var/lib/landfast'

/** Where everybody finds which machine this is, for the state folder above. */
const PUBLIC_FILE = '/run/landfast/machine.json'

/** The file that tells everybody which machine it is whose state is in `folder`; none if nobody named one. */
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
    meaning: `which endpoints to serve, separated by commas: ${STYLE_NAMES.join(', ')}`,
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
  'identity-header-file': {
    value: 'file',
    default: '',
    meaning: 'the file that holds the secret of the App Service style; at least 16 characters',
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
    meaning: 'the group whose members may read key files; an empty value is the agent’s own',
    parse: (text) => text || undefined,
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
  'admin-socket': {
    value: 'path',
    default: '',
    meaning:
      'the Unix socket of /livez, /readyz, /metrics and /status; without it, agent.sock in the state folder',
    parse: parseOptionalPath,
  },
  'admin-port': {
    value: 'number',
    default: '',
    meaning: 'a port on 127.0.0.1 for the same, in place of the socket',
    parse: (text) => (text === '' ? undefined : parsePort(text)),
  },
  'log-level': {
    value: 'level',
    default: 'info',
    meaning: `what is logged to stderr: ${LOG_LEVELS.join(', ')}`,
    parse: parseLogLevel,
  },
} as const satisfies SettingRows

/** Every setting's value. */
export type AgentSettings = SettingValues<typeof AGENT_SETTINGS>

function parseStyles(text: string): StyleName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !STYLE_NAMES.includes(name as StyleName))
  if (unknown !== undefined) {
    throw new TypeError(`knows ${STYLE_NAMES.map((name) => `"${name}"`).join(' and ')}, not "${unknown}"`)
  }
  return [...new Set(names)] as StyleName[]
}

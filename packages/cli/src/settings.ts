/**
 * The settings of `landfast agent`: one table makes the keys of the YAML file, the variables, the flags, the
 * help text and the table in docs/configuration.md.
 *
 * @see docs/configuration.md
 * @module
 */

import { isAbsolute } from 'node:path'
import { ARC_KEY_FOLDER, ARC_KEY_GROUP, ARC_PORT, STYLE_NAMES, type StyleName } from '@landfast/protocol'
import { CliError } from './cli-error.ts'

/** One row. An empty text means "not set"; every parser accepts it if the default is empty. */
export interface Setting<T> {
  /** What stands for the value in help and docs. */
  readonly value: string
  readonly default: string
  /** A clause without a period. */
  readonly meaning: string
  /** @throws {TypeError} whose message completes "SETTING …". */
  readonly parse: (text: string) => T
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

const STATE_FOLDER = '/var/lib/landfast'

/** Every setting by the name it has in the YAML file. */
const SETTINGS = {
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
  'admin-socket': {
    value: 'path',
    default: '',
    meaning: 'the Unix socket of /livez, /readyz and /metrics; without it, agent.sock in the state folder',
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
} as const satisfies Record<string, Setting<unknown>>

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS

/** Every setting's value. */
export type Settings = { [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']> }

/** Every name, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

/** A value before it is parsed, and where it stands, as an error names it. */
interface SettingText {
  text: string
  origin: string
}

/** Values before they are parsed. */
export type SettingTexts = Partial<Record<SettingName, SettingText>>

/** The variable that gives the setting. */
export function variableOf(name: SettingName): string {
  return `LANDFAST_${name.toUpperCase().replaceAll('-', '_')}`
}

/** The flag that gives the setting, as commander declares it. */
export function flagOf(name: SettingName): string {
  return `--${name} <${SETTINGS[name].value}>`
}

/** What `--help` says of the setting. */
export function describeSetting(name: SettingName): string {
  const setting: Setting<unknown> = SETTINGS[name]
  const fallback = setting.default && `, default ${setting.default}`
  return `${setting.meaning} (${variableOf(name)}${fallback})`
}

/** The rows of the table in docs/configuration.md. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { default: fallback, meaning } = SETTINGS[name]
    return `| \`${name}\` | \`${variableOf(name)}\` | \`${flagOf(name)}\` | ${fallback && `\`${fallback}\``} | ${meaning} |\n`
  })
  return `| YAML key | variable | flag | default | meaning |\n|---|---|---|---|---|\n${rows.join('')}`
}

/**
 * Parses what was given; where a setting is in several sources the last one counts.
 *
 * @throws {CliError} `argument_invalid` that names the source.
 */
export function parseSettings(...sources: SettingTexts[]): Settings {
  const given: SettingTexts = Object.assign({}, ...sources)
  const values = SETTING_NAMES.map((name) => [name, parseSetting(name, given[name])])
  return Object.fromEntries(values) as Settings
}

function parseSetting(name: SettingName, given: SettingText | undefined): unknown {
  const setting: Setting<unknown> = SETTINGS[name]
  try {
    return setting.parse(given?.text ?? setting.default)
  } catch (cause) {
    const detail = `${given?.origin ?? name}: "${name}" ${(cause as Error).message}`
    throw new CliError('argument_invalid', { detail, cause })
  }
}

/** A port number; 0 is any free one. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65535)) throw new TypeError(`must be a port from 0 to 65535, not "${text}"`)
  return port
}

function parsePath(text: string): string {
  if (!isAbsolute(text)) throw new TypeError(`must be an absolute path, not "${text}"`)
  return text
}

function parseOptionalPath(text: string): string | undefined {
  return text === '' ? undefined : parsePath(text)
}

function parseStyles(text: string): StyleName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !STYLE_NAMES.includes(name as StyleName))
  if (unknown !== undefined) {
    throw new TypeError(`knows ${STYLE_NAMES.map((name) => `"${name}"`).join(' and ')}, not "${unknown}"`)
  }
  return [...new Set(names)] as StyleName[]
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) throw new TypeError(`must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`)
  return level
}

/**
 * Settings of a service: one table makes the keys of the YAML file, the variables, the flags, the help text and
 * the table in docs/configuration.md.
 *
 * @see docs/configuration.md
 * @module
 */

import { CliError } from '../cli-error.ts'

/** One row. An empty text means "not set"; every parser accepts it if the default is empty. */
export interface Setting<T> {
  /** What stands for the value in help and docs. */
  readonly value: string
  readonly default: string
  /** A list of maps in YAML, whose text is JSON. */
  readonly isStructured?: true
  /** A clause without a period. */
  readonly meaning: string
  /**
   * @param folder that from which a relative path is meant.
   * @throws {TypeError} whose message completes "SETTING …".
   */
  readonly parse: (text: string, folder: string) => T
}

/** A table of settings. */
export type SettingRows = Readonly<Record<string, Setting<unknown>>>

/** Every setting's value. */
export type SettingValues<Rows extends SettingRows> = {
  [Name in keyof Rows]: ReturnType<Rows[Name]['parse']>
}

/** A value before it is parsed. */
interface SettingText {
  text: string
  /** Where it stands, as an error names it. */
  origin: string
  /** The folder from which a relative path is meant: that of the settings file, or where the command runs. */
  folder: string
}

/** Values before they are parsed, by the name of the setting. */
export type SettingTexts = Partial<Record<string, SettingText>>

/** Defaults are absolute. */
const ROOT = '/'

/** The variable that gives the setting. */
export function variableOf(name: string): string {
  return `LANDFAST_${name.toUpperCase().replaceAll('-', '_')}`
}

/** The flag that gives the setting, as commander declares it. */
export function flagOf(rows: SettingRows, name: string): string {
  return `--${name} <${rows[name]?.value}>`
}

/** What `--help` says of the setting. */
export function describeSetting(rows: SettingRows, name: string): string {
  const { meaning, default: fallback } = rows[name] ?? { meaning: '', default: '' }
  return `${meaning} (${variableOf(name)}${fallback && `, default ${fallback}`})`
}

/** The rows of the table in docs/configuration.md. */
export function settingsMarkdown(rows: SettingRows): string {
  const lines = Object.entries(rows).map(([name, { default: fallback, meaning }]) => {
    return `| \`${name}\` | \`${variableOf(name)}\` | \`${flagOf(rows, name)}\` | ${fallback && `\`${fallback}\``} | ${meaning} |\n`
  })
  return `| YAML key | variable | flag | default | meaning |\n|---|---|---|---|---|\n${lines.join('')}`
}

/**
 * Parses what was given; where a setting is in several sources the last one counts.
 *
 * @throws {CliError} `argument_invalid` that names the source.
 */
export function parseSettings<Rows extends SettingRows>(
  rows: Rows,
  ...sources: SettingTexts[]
): SettingValues<Rows> {
  const given: SettingTexts = Object.assign({}, ...sources)
  const values = Object.entries(rows).map(([name, row]) => [name, parseSetting(name, row, given[name])])
  return Object.fromEntries(values) as SettingValues<Rows>
}

function parseSetting(name: string, row: Setting<unknown>, given: SettingText | undefined): unknown {
  try {
    return row.parse(given?.text ?? row.default, given?.folder ?? ROOT)
  } catch (cause) {
    const detail = `${given?.origin ?? name}: "${name}" ${(cause as Error).message}`
    throw new CliError('argument_invalid', { detail, cause })
  }
}

/**
 * `landfast config`: lists, gets, describes, sets and clears the settings of the agent in its settings file. What the agent would
 * refuse is never written, and the file is replaced whole.
 *
 * @see docs/configuration.md#changing-a-setting
 * @module
 */

import { realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolders, whyOthersWrite, writeStateFile } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { readTrustedFile } from '../files/trusted-file.ts'
import { readPath } from '../flags.ts'
import { refuseUnservable } from '../settings/agent-refusals.ts'
import { AGENT_SETTINGS, AGENT_SETTINGS_FILE } from '../settings/agent-settings.ts'
import { settingName } from '../settings/setting-names.ts'
import { hasSetting, withEntry, withoutEntry, withSetting } from '../settings/settings-edit.ts'
import { parseSettingsFile } from '../settings/settings-file.ts'
import { readIfThere, standingsIn } from '../settings/settings-standing.ts'
import { describeSetting, parseSettings, type SettingRows, variableOf } from '../settings/settings-table.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the commands, as commander reads them. */
export interface ConfigFlags {
  config?: string
  json?: true
}

/** How a list is changed. */
export interface ConfigSetFlags extends ConfigFlags {
  add?: true
  remove?: true
}

const ROWS: SettingRows = AGENT_SETTINGS

/** Settings whose value is a list. */
const LIST = 'list'

/** Settings whose value is a path, which is meant from where the command runs and not from the file. */
const PATHS: readonly string[] = ['file', 'dir', 'path']

/** A file that is made here: the agent, which may be another user, reads it, and nothing in it is secret. */
const NEW_FILE_MODE = 0o644

/** What another user could do. */
const FORBIDDEN: readonly string[] = ['EACCES', 'EPERM']

const RESTART = 'the agent reads it at its next start: sudo systemctl restart landfast-agent'

/** Prints every setting with its value. */
export async function configList(flags: ConfigFlags): Promise<number> {
  const standings = await standingsIn(ROWS, await readableFileOf(flags))
  if (flags.json) printResult(JSON.stringify(standings))
  else
    for (const { name, value, source } of standings)
      printResult(`${name.padEnd(20)}  ${source.padEnd(7)}  ${value}`.trimEnd())
  return 0
}

/** Prints the value of one setting. */
export async function configGet(asked: string, flags: ConfigFlags): Promise<number> {
  const name = settingName(ROWS, asked)
  const standing = (await standingsIn(ROWS, await readableFileOf(flags))).find((one) => one.name === name)
  printResult(flags.json ? JSON.stringify(standing) : (standing?.value ?? ''))
  return 0
}

/** Prints what the settings mean: all of them, or one. */
export function configInfo(asked: string | undefined, { json }: ConfigFlags): number {
  const names = asked === undefined ? Object.keys(ROWS) : [settingName(ROWS, asked)]
  const infos = names.map((name) => {
    const { value = '', default: fallback = '', meaning = '' } = ROWS[name] ?? {}
    return { name, value, default: fallback, variable: variableOf(name), meaning }
  })
  if (json) printResult(JSON.stringify(asked === undefined ? infos : infos[0]))
  else
    for (const { name, value } of infos)
      printResult(`${name.padEnd(20)}  <${value}>  ${describeSetting(ROWS, name)}`)
  return 0
}

/** Sets one setting; with a flag, one entry of a list. */
export async function configSet(asked: string, value: string, flags: ConfigSetFlags): Promise<number> {
  const name = settingName(ROWS, asked)
  const kind = ROWS[name]?.value ?? ''
  if (!flags.add && !flags.remove) {
    const text = PATHS.includes(kind) && value !== '' ? pathOf(name, value) : value
    return await change(name, () => text, flags)
  }
  if (kind !== LIST) {
    const hints = [`set it whole: landfast config set ${name} VALUE`]
    throw new CliError('argument_invalid', { detail: `"${name}" is no list`, hints })
  }
  const edit = flags.add ? withEntry : withoutEntry
  return await change(name, (now) => edit(now(), value), flags)
}

/** Clears one setting, so that its default holds; also one that is unknown, if it stands in the file. */
export async function configClear(asked: string, flags: ConfigFlags): Promise<number> {
  const isThere = hasSetting((await readIfThere(fileOf(flags))) ?? '', asked)
  return await change(isThere ? asked : settingName(ROWS, asked), () => undefined, flags)
}

/** @param newValue the new value, by what the file or the default says now; undefined clears. */
async function change(
  name: string,
  newValue: (now: () => string) => string | undefined,
  flags: ConfigFlags,
): Promise<number> {
  const file = fileOf(flags)
  const before = (await readIfThere(file)) ?? ''
  const value = newValue(() => parseSettingsFile(ROWS, before, file)[name]?.text ?? ROWS[name]?.default ?? '')
  const after = withSetting(before, name, value)
  refuseUnservable(parseSettings(AGENT_SETTINGS, parseSettingsFile(ROWS, after, file)))
  const isChanged = after !== before
  if (isChanged) await replace(file, before, after)
  announce({ name, value: value ?? ROWS[name]?.default ?? '', file, isChanged }, flags.json === true)
  return 0
}

/** @throws {CliError} `config_unwritable`, or `config_conflict` if the file is another one since it was read. */
async function replace(path: string, before: string, after: string): Promise<void> {
  if (((await readIfThere(path)) ?? '') !== before) {
    throw new CliError('config_conflict', {
      detail: `"${path}" was changed at the same moment`,
      hints: ['repeat the command'],
    })
  }
  try {
    const file = await realpath(path).catch(() => path)
    const former = await stat(file).catch(() => undefined)
    if (!former) makeFolders(dirname(file), 0o755)
    refuseOpen(dirname(file))
    const kept = former && { mode: former.mode & 0o7777, owner: { userId: former.uid, groupId: former.gid } }
    await writeStateFile(file, after, kept ?? { mode: NEW_FILE_MODE })
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const { message, code = '' } = cause as NodeJS.ErrnoException
    const isForbidden = FORBIDDEN.includes(code)
    const hints = isForbidden ? [message, 'run this as the owner of the file, mostly root'] : [message]
    throw new CliError('config_unwritable', { detail: path, hints, cause })
  }
}

/** Who could put another file there would also lead this command to a file elsewhere. */
function refuseOpen(folder: string): void {
  const reason = whyOthersWrite(folder)
  if (reason === undefined) return
  const hints = [reason, 'the agent would not believe a file there; name another with --config']
  throw new CliError('config_open', { detail: folder, hints })
}

function announce(
  { name, value, file, isChanged }: { name: string; value: string; file: string; isChanged: boolean },
  json: boolean,
): void {
  if (json)
    printResult(
      JSON.stringify({ name, value, file, changed: isChanged, needs: isChanged ? 'restart' : 'nothing' }),
    )
  else
    printResult(
      isChanged ? `${name} is ${value || 'empty'} in "${file}"` : `${name} was so already in "${file}"`,
    )
  if (isChanged) printNote(RESTART)
}

/** One that was named must be there: the defaults would be an answer about another file. @throws {CliError} */
async function readableFileOf(flags: ConfigFlags): Promise<string> {
  const file = fileOf(flags)
  if (flags.config !== undefined) await readTrustedFile(file)
  return file
}

function fileOf({ config }: ConfigFlags): string {
  return resolve(config ?? (process.env.LANDFAST_CONFIG || AGENT_SETTINGS_FILE))
}

function pathOf(name: string, value: string): string {
  try {
    return readPath(value, '.')
  } catch (cause) {
    throw new CliError('argument_invalid', { detail: `"${name}" ${(cause as Error).message}`, cause })
  }
}

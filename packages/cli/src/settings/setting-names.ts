/**
 * The names that settings of the agent go by on the command line: those of the table, and azcmagent's where it has the
 * same.
 *
 * @see https://learn.microsoft.com/azure/azure-arc/servers/azcmagent-config
 * @module
 */

import { CliError } from '../cli-error.ts'
import { meantHint } from '../usage/similar-name.ts'
import type { SettingRows } from './settings-table.ts'

/** azcmagent's name of a setting of ours. */
const SAME: Readonly<Record<string, string>> = {
  'proxy.url': 'proxy-url',
  'proxy.bypass': 'proxy-bypass',
}

/** What stands in the place of azcmagent's other settings. */
const INSTEAD: Readonly<Record<string, string>> = {
  'config.mode': 'Landfast takes no settings from its control plane, so it always monitors',
  'connection.type': 'there is no gateway service; "proxy-url" leads through a proxy of your own',
  'extensions.agent.cpulimit': 'Landfast runs no extensions',
  'extensions.allowlist': 'Landfast runs no extensions',
  'extensions.blocklist': 'Landfast runs no extensions',
  'extensions.enabled': 'Landfast runs no extensions',
  'guestconfiguration.agent.cpulimit': 'Landfast has no machine configuration',
  'guestconfiguration.enabled': 'Landfast has no machine configuration',
  'incomingconnections.enabled': 'Landfast opens no way into this host',
  'incomingconnections.ports': 'Landfast opens no way into this host',
}

/** The setting in `rows` that `asked` names. @throws {CliError} `argument_invalid`, or `unsupported` for one of azcmagent alone. */
export function settingName(rows: SettingRows, asked: string): string {
  const name = asked.toLowerCase()
  const own = SAME[name] ?? name
  if (Object.hasOwn(rows, own)) return own
  const instead = INSTEAD[name]
  if (instead !== undefined)
    throw new CliError('unsupported', { detail: `there is no setting "${asked}": ${instead}` })
  const hints = [meantHint(name, Object.keys(rows))]
  throw new CliError('argument_invalid', { detail: `there is no setting "${asked}"`, hints })
}

/**
 * Writes the tables of settings into docs/configuration.md, each below the comment that names its source.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AGENT_SETTINGS } from '../packages/cli/src/settings/agent-settings.ts'
import { CONTROL_PLANE_SETTINGS } from '../packages/cli/src/settings/control-plane-settings.ts'
import { type SettingRows, settingsMarkdown } from '../packages/cli/src/settings/settings-table.ts'

const PAGE = fileURLToPath(new URL('../docs/configuration.md', import.meta.url))

const TABLES: Readonly<Record<string, SettingRows>> = {
  'agent-settings.ts': AGENT_SETTINGS,
  'control-plane-settings.ts': CONTROL_PLANE_SETTINGS,
}

/** The comment that names a source, and the table below it. */
const TABLE = /(<!-- This table is made from \S*\/([\w-]+\.ts);[^\n]*-->\n\n)(?:\|[^\n]*\n)+/g

const page = readFileSync(PAGE, 'utf8').replace(TABLE, (old, comment: string, source: string) => {
  const rows = TABLES[source]
  return rows ? comment + settingsMarkdown(rows) : old
})
writeFileSync(PAGE, page)

/**
 * The tables of settings in docs/configuration.md, written anew from the sources: `npm run docs`.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AGENT_SETTINGS } from '../packages/cli/src/settings/agent-settings.ts'
import { CONTROL_PLANE_SETTINGS } from '../packages/cli/src/settings/control-plane-settings.ts'
import { type SettingRows, settingsMarkdown } from '../packages/cli/src/settings/settings-table.ts'

const PAGE = fileURLToPath(new URL('../docs/configuration.md', import.meta.url))

/** The settings of each file that a comment of the page names as the source of the table below it. */
const SOURCES: Readonly<Record<string, SettingRows>> = {
  'agent-settings.ts': AGENT_SETTINGS,
  'control-plane-settings.ts': CONTROL_PLANE_SETTINGS,
}

const TABLE = /(<!-- This table is made from \S*\/([\w-]+\.ts)[^\n]*-->\n\n)(?:\|[^\n]*\n)+/g

/** The page with each table as the sources have it. */
export function withTables(page: string): string {
  return page.replace(TABLE, (table, comment: string, source: string) => {
    const rows = SOURCES[source]
    return rows ? comment + settingsMarkdown(rows) : table
  })
}

if (import.meta.main) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')))

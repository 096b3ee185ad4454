/**
 * `landfast logs`: one archive with what support needs to see, and with nothing secret in it.
 *
 * @see docs/check.md#an-archive-for-support
 * @module
 */

import { open, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { visibleText } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { printNote, printResult } from '../terminal.ts'
import { ARCHIVE_PARTS, type ArchiveSources } from './archive-parts.ts'
import type { CheckFlags } from './check.ts'
import { settingFlags } from './check.ts'
import { knownSecrets } from './known-secrets.ts'
import { adminOf, readAgentSettings } from './look-around.ts'
import { redact } from './redaction.ts'
import { type ArchivedFile, tarOf } from './tar.ts'

/** The flags of the command, as commander reads them. */
export interface LogsFlags extends Omit<CheckFlags, 'json'> {
  output?: string
  full?: true
  json?: true
}

/** What could not be taken, and why. */
interface Missing {
  name: string
  reason: string
}

/** Writes the archive and prints where it is. */
export async function logs(flags: LogsFlags): Promise<number> {
  const now = new Date()
  const { file: settingsFile, settings } = await readAgentSettings(settingFlags(flags), process.env)
  const sources = { flags, settings, settingsFile, admin: adminOf(settings), isFull: flags.full === true }
  const secrets = await knownSecrets({
    stateFolder: settings['state-dir'],
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, textOf(value)])),
    environment: process.env,
  })
  const { files, missing } = await gather(sources, secrets)
  const output = resolve(flags.output ?? `landfast-logs-${stampOf(now)}-${hostname()}.tar.gz`)
  await write(output, await promisify(gzip)(tarOf(files, now)))
  announce(output, files, missing, flags.json === true)
  return 0
}

async function gather(
  sources: ArchiveSources,
  secrets: readonly string[],
): Promise<{ files: ArchivedFile[]; missing: Missing[] }> {
  const files: ArchivedFile[] = []
  const missing: Missing[] = []
  for (const { name, make } of ARCHIVE_PARTS) {
    try {
      // The one place where a text gets into the archive.
      files.push({ name: `landfast-logs/${name}`, text: visibleText(redact(await make(sources), secrets)) })
    } catch (error) {
      missing.push({ name, reason: redact((error as Error).message, secrets) })
    }
  }
  files.push({ name: 'landfast-logs/missing.json', text: `${JSON.stringify(missing, null, 2)}\n` })
  return { files, missing }
}

async function write(file: string, content: Buffer): Promise<void> {
  let isOurs = false
  try {
    await using handle = await open(file, 'wx', 0o600)
    isOurs = true
    await handle.writeFile(content)
    await handle.sync()
  } catch (cause) {
    // Half an archive helps nobody.
    if (isOurs) await rm(file, { force: true }).catch(() => {})
    const hints = [(cause as Error).message, 'name another file with --output']
    throw new CliError('config_unwritable', { detail: file, hints, cause })
  }
}

function announce(
  file: string,
  files: readonly ArchivedFile[],
  missing: readonly Missing[],
  json: boolean,
): void {
  const taken = files.map(({ name }) => name)
  printResult(json ? JSON.stringify({ file, taken, missing }) : file)
  for (const { name, reason } of missing) printNote(`${name} is not in the archive: ${reason}`)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Such as 20260301T120000Z. */
function stampOf(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

/**
 * The list of what goes into the archive for support, each part made for it: never a copy of a folder, and no file of which
 * anything is a secret.
 *
 * @see docs/check.md#an-archive-for-support
 * @module
 */

import { constants } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { arch, machine, platform, release, version } from 'node:os'
import { asOwnerOf } from '../files/as-owner.ts'
import { AGENT_UNIT, CONTROL_PLANE_UNIT } from '../installation/systemd.ts'
import { shownProperties } from '../machine/shown-properties.ts'
import { AGENT_SETTINGS, type AgentSettings, publicFileOf } from '../settings/agent-settings.ts'
import { standingsIn } from '../settings/settings-standing.ts'
import { readVersion } from '../version.ts'
import { type AdminPlace, askAdmin } from './admin-page.ts'
import { type CheckFlags, findingsFor } from './check.ts'
import { runProgram } from './program-run.ts'
import { factsToShow } from './shown-facts.ts'

/** The services whose journal and state are taken. */
const UNITS = [AGENT_UNIT, CONTROL_PLANE_UNIT]

/** What of a unit is told; its environment is not. */
const UNIT_PROPERTIES =
  'Id,LoadState,UnitFileState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,ActiveEnterTimestamp,MainPID,MemoryCurrent'

const JOURNAL_LINES = 2000
const AUDIT_BYTES = 512 * 1024

/** All of it, up to what a support ticket takes. */
const FULL_BYTES = 16 * 1024 * 1024

const JOURNAL_MILLISECONDS = 30_000

/** What the parts are made from. */
export interface ArchiveSources {
  flags: CheckFlags
  settings: AgentSettings
  /** The settings file, if there is one. */
  settingsFile: string | undefined
  admin: AdminPlace
  isFull: boolean
}

/** A part: its text, or an error that says why there is none. */
export interface ArchivePart {
  name: string
  make: (sources: ArchiveSources) => Promise<string>
}

/** Every part. */
export const ARCHIVE_PARTS: readonly ArchivePart[] = [
  { name: 'version.json', make: async () => json({ version: readVersion(), ...runtime() }) },
  { name: 'uname.txt', make: async () => [platform(), release(), version(), machine()].join('\n') },
  { name: 'os-release.txt', make: () => readFile('/etc/os-release', 'utf8') },
  { name: 'check.json', make: async ({ flags }) => json(await findingsFor(flags)) },
  { name: 'show.json', make: shown },
  { name: 'settings.json', make: settings },
  { name: 'readyz.json', make: async ({ admin }) => (await askAdmin(admin, '/readyz')).body },
  { name: 'status.json', make: async ({ admin }) => (await askAdmin(admin, '/status')).body },
  { name: 'metrics.txt', make: async ({ admin }) => (await askAdmin(admin, '/metrics')).body },
  { name: 'units.txt', make: units },
  ...UNITS.map((unit) => ({
    name: `journal-${unit.replace('.service', '')}.txt`,
    make: ({ isFull }: ArchiveSources) => journal(unit, isFull),
  })),
  { name: 'audit.jsonl', make: audit },
]

function runtime(): object {
  return { node: process.versions.node, platform: platform(), arch: arch(), userId: process.geteuid?.() }
}

async function shown({ settings }: ArchiveSources): Promise<string> {
  const stateFolder = settings['state-dir']
  const publicFile = publicFileOf(stateFolder, settings['public-file'])
  const adminSocket = settings['admin-socket'] ?? `${stateFolder}/agent.sock`
  const facts = await factsToShow({ stateFolder, publicFile, adminSocket }, { stateDir: stateFolder })
  const rows = shownProperties(facts, [])
  return json(Object.fromEntries(rows.map(({ key, value }) => [key, value])))
}

/** The values by themselves: in the file a comment may hold anything. */
async function settings({ settingsFile }: ArchiveSources): Promise<string> {
  if (settingsFile === undefined) throw new Error('there is no settings file')
  return json(await standingsIn(AGENT_SETTINGS, settingsFile))
}

async function units(): Promise<string> {
  return await printedBy('systemctl', ['show', '--no-pager', `--property=${UNIT_PROPERTIES}`, ...UNITS])
}

async function journal(unit: string, isFull: boolean): Promise<string> {
  const lines = isFull ? [] : [`--lines=${JOURNAL_LINES}`]
  const text = await printedBy('journalctl', ['--no-pager', '--output=short-iso', `--unit=${unit}`, ...lines])
  return isFull ? text.slice(-FULL_BYTES) : text
}

async function printedBy(program: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runProgram(program, args, JOURNAL_MILLISECONDS)
  if (code === 0 && output !== '') return output
  const reason =
    code === undefined ? 'is not there, or did not end in time' : `printed nothing (exit code ${code})`
  throw new Error(`"${program}" ${reason}`)
}

async function audit({ settings, isFull }: ArchiveSources): Promise<string> {
  const file = settings['audit-log']
  if (file === undefined) throw new Error('no audit log is set')
  // The folder is the agent's, which could lead root by a link to any file of the host.
  return await asOwnerOf(settings['state-dir'], () => tailOf(file, isFull ? FULL_BYTES : AUDIT_BYTES))
}

/** The last lines of `file`, of at most `most` bytes. */
async function tailOf(file: string, most: number): Promise<string> {
  const { size } = await stat(file)
  // A pipe in its place holds nothing up.
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(Math.min(size, most))
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, Math.max(0, size - most))
  const text = buffer.toString('utf8', 0, bytesRead)
  // The first line of a tail is a part of one.
  return size > most ? text.slice(text.indexOf('\n') + 1) : text
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

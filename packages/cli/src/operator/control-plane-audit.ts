/**
 * `landfast control-plane audit`: prints changes and refusals, read from a running control plane by the login, or by the
 * administrator of the control plane on this host.
 *
 * @see docs/control-plane.md
 * @module
 */

import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loginFile, readLogin } from '../administration/login-file.ts'
import { explainRefusal } from '../administration/refusal-advice.ts'
import { administer } from '../administration/session.ts'
import { CliError } from '../cli-error.ts'
import { readAdministrator } from '../control-plane/administrator-file.ts'
import { type ControlPlaneClient, createControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { readCorrelationId } from '../control-plane/correlation.ts'
import { readTrust, type TrustFlags } from '../control-plane/trusted-ca.ts'
import { isTaken } from '../output.ts'
import { stateFolderOf } from '../settings/control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from '../settings/control-plane-settings.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'
import { parseSpan } from '../usage/span.ts'

/** The flags of the command as commander reads them. */
export interface AuditFlags extends TrustFlags, ProxyFlags {
  since: string
  until?: string
  caller?: string
  machine?: string
  action?: string
  outcome?: string
  code?: string
  audience?: string
  id?: string
  correlationId?: string
  newestFirst?: true
  administrator?: string
  stateDir?: string
  config?: string
  json?: true
}

/** Prints the entries, oldest first unless the flags say otherwise. */
export async function controlPlaneAudit({
  administrator,
  json,
  caFile,
  useSystemCa,
  newestFirst,
  ...flags
}: AuditFlags): Promise<number> {
  const query = searchOf({ ...flags, ...(newestFirst && { newestFirst }) }, new Date())
  const print = async (client: ControlPlaneClient): Promise<void> => {
    let count = 0
    for await (const page of client.pages(`/landfast/v1/audit?${query}`)) {
      count += page.length
      for (const entry of page) printResult(json ? JSON.stringify(entry) : lineOf(entry as AuditEntry))
      if (!(await isTaken('stdout'))) return
    }
    if (count === 0) printNote(`there are no such entries since ${query.get('since') ?? 'the trail began'}`)
  }
  const named = [administrator, flags.stateDir, flags.config, caFile, useSystemCa]
  const isNamed = named.some((value) => value !== undefined)
  if (!isNamed && (await hasLogin())) return await administer(({ client }) => print(client), undefined, flags)
  const file = administrator ?? (await administratorOf(flags, isNamed))
  const client = await connect(file, { caFile, ...(useSystemCa && { useSystemCa }) }, flags)
  try {
    await print(client)
    return 0
  } catch (error) {
    throw explainRefusal(error)
  } finally {
    client.close()
  }
}

/** One that cannot be read is there too, and says so itself. */
async function hasLogin(): Promise<boolean> {
  return await readLogin(loginFile(process.env)).then(
    () => true,
    (error) => (error as CliError).code !== 'login_missing',
  )
}

/** @throws {CliError} `config_unreadable`, or `login_missing` if nothing says which control plane is meant. */
async function administratorOf(flags: SettingFlags, isNamed: boolean): Promise<string> {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const stateFolder = stateFolderOf(settings)
  const file = join(stateFolder, 'administrator.json')
  const cause = await access(file).then(
    () => undefined,
    (error: Error) => error,
  )
  if (!cause) return file
  if (isNamed) {
    throw new CliError('config_unreadable', {
      detail: file,
      cause,
      hints: [
        cause.message,
        'of several replicas, the one that started first has it: name a copy with --administrator, or run "landfast login"',
      ],
    })
  }
  throw new CliError('login_missing', {
    hints: [
      'run "landfast login --administrator FILE" with the file that the control plane wrote, or name that file with --administrator',
      `where the control plane runs on this host, name its folder with --state-dir; in "${stateFolder}" it is not`,
    ],
  })
}

async function connect(file: string, flags: TrustFlags, proxyFlags: ProxyFlags) {
  const { url, tenantId, clientId, clientSecret, caFile } = await readAdministrator(file)
  const trust = await readTrust({ ...flags, caFile: flags.caFile ?? caFile })
  return createControlPlaneClient({
    url,
    tenantId,
    ...trust,
    proxies: await readProxies(proxyFlags, { serviceFolder: dirname(file) }),
    credential: { kind: 'secret', clientId, secret: clientSecret },
  })
}

/** What the control plane is asked for. */
function searchOf({ since, until, newestFirst, ...flags }: AuditFlags, now: Date): URLSearchParams {
  const { caller, machine, action, outcome, code, audience, id } = flags
  const correlationId = readCorrelationId(flags.correlationId)
  const isNamed = id !== undefined || correlationId !== undefined
  const asked = {
    ...(isNamed ? { id, correlationId } : { since: readSince(since, now).toISOString() }),
    until: until && readSince(until, now, '--until').toISOString(),
    ...{ caller, machine, action, outcome, code, audience },
    $orderby: newestFirst && 'time desc',
    $top: '1000',
  }
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][])
}

/** A time, or how long ago: "90s", "15m", "1h", "7d". */
export function readSince(text: string, now: Date, flag = '--since'): Date {
  const span = parseSpan(text)
  const time = span === undefined ? Date.parse(text) : now.getTime() - span
  if (!Number.isNaN(time)) return new Date(time)
  const detail = `"${flag}" must be a time such as 2026-01-31T12:00Z or a span such as 15m, 1h or 7d, not "${text}"`
  throw new CliError('argument_invalid', { detail })
}

interface AuditEntry {
  time: string
  action: string
  outcome: string
  code?: string
  clientId?: string
  clientName?: string
  resourceId?: string
  audience?: string
  origin?: string
  /** The role that was given, the join token that was used, and the like. */
  detail?: string
  /** How many equal tokens or refusals it stands for. */
  count?: number
  /** When the last of them was. */
  lastTime?: string
}

function lineOf(entry: AuditEntry): string {
  const { time, action, outcome, code, clientName, resourceId, audience, origin, detail } = entry
  const clientId = clientName === undefined ? entry.clientId : `${entry.clientId} (${clientName})`
  const result = code === undefined ? outcome : `${outcome} ${code}`
  const columns = [time, action, result, clientId ?? '-', resourceId ?? '-', audience ?? '-']
  const from = origin === undefined ? [] : [`from ${origin}`]
  return [...columns, ...(detail === undefined ? [] : [detail]), ...from, ...timesOf(entry)].join('  ')
}

function timesOf({ count = 1, lastTime, outcome }: AuditEntry): readonly string[] {
  if (count === 1) return []
  return [outcome === 'refused' ? `${count} times, last at ${lastTime}` : `${count} times`]
}

/**
 * `landfast control-plane export-discovery`: writes discovery document and keys as files for a public place.
 *
 * @see docs/federation.md#a-control-plane-that-verifiers-cannot-reach
 * @module
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import type { Proxies } from '@landfast/server/proxy'
import { loginFile, readLogin } from '../administration/login-file.ts'
import { CliError } from '../cli-error.ts'
import { explainUnreachable } from '../control-plane/control-plane-failure.ts'
import {
  EXPORTED,
  type ExportedDiscovery,
  exportDiscovery,
  issuerIn,
  type ServedDocuments,
} from '../control-plane/exported-discovery.ts'
import { readTrust, type Trust, type TrustFlags } from '../control-plane/trusted-ca.ts'
import { writePublicFiles } from '../files/public-files.ts'
import { originOf } from '../machine/connect-target.ts'
import { defaultFolder } from '../settings/control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from '../settings/control-plane-settings.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { readSettings } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command as commander reads them. */
export interface ExportFlags extends TrustFlags, ProxyFlags {
  url?: string
  config?: string
  json?: true
}

/** Both documents must be there by then. */
const DEADLINE_MILLISECONDS = 30_000

/** Writes the files, and prints what is in them. */
export async function exportDiscoveryTo(folder: string, flags: ExportFlags): Promise<number> {
  const { url, trust, proxies, issuerSetting } = await readSource(flags)
  const exported = exportDiscovery(await fetchDocuments(url, trust, proxies), new Date())
  const { configuration, keys, issuer } = exported
  const files = [
    // First, so that a document never leads to keys that are not there.
    { name: EXPORTED.keys, content: keys },
    { name: EXPORTED.configuration, content: configuration },
  ]
  await writePublicFiles(folder, files, (name, content) => refuseForeign({ folder, name, content, issuer }))
  if (issuerSetting !== undefined) warnOfOld(issuerSetting, issuer)
  print(exported, folder, flags)
  return 0
}

interface Source {
  url: string
  trust: Trust
  proxies: Proxies | undefined
  /** What the settings name, where they are read: with `{tenant}` for the tenant. */
  issuerSetting?: string | undefined
}

async function readSource(flags: ExportFlags): Promise<Source> {
  if (flags.config !== undefined) return await configuredSource(flags, flags.config)
  if (flags.url !== undefined) return await namedSource(flags, flags.url)
  const { url, ca, usesSystemCa = false, proxy } = await readLogin(loginFile(process.env))
  const own = await readTrust(flags)
  const isOwn = own.ca !== undefined || own.usesSystemCa
  return {
    url,
    trust: isOwn ? own : { ca, usesSystemCa },
    proxies: await readProxies(flags, { kept: proxy }),
  }
}

async function namedSource(flags: ExportFlags, url: string): Promise<Source> {
  return { url: originOf(url), trust: await readTrust(flags), proxies: await readProxies(flags) }
}

/** By the settings of the control plane, which runs on this host. */
async function configuredSource(flags: ExportFlags, config: string): Promise<Source> {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, { config })
  refuseSecondShape(settings['token-version-2-audiences'])
  const { host, port, url = `https://${host}:${port}` } = settings
  const issuerSetting = settings['issuer-v1'] ?? (settings.url && `${originOf(settings.url)}/{tenant}/`)
  const folder = settings['state-dir'] ?? defaultFolder(process.env, process.geteuid?.())
  const ownCa = join(folder, 'ca.pem')
  const hasOwnCa = settings['tls-certificate'] === undefined && existsSync(ownCa)
  const source = await namedSource({ ...(hasOwnCa && { caFile: ownCa }), ...flags }, flags.url ?? url)
  return { ...source, issuerSetting }
}

/** Tokens of that shape have the issuer of the other document, which is always the control plane's own address. */
function refuseSecondShape(audiences: readonly string[]): void {
  const found = audiences.find((audience) =>
    audience.toLowerCase().startsWith(FEDERATED_AUDIENCE.toLowerCase()),
  )
  if (found === undefined) return
  throw new CliError('argument_invalid', {
    detail: `"token-version-2-audiences" holds "${found}": tokens for it name another issuer than the exported one`,
    hints: ['take it out of the settings of the control plane'],
  })
}

/** The control plane that runs may have read other settings than there are now. */
function warnOfOld(setting: string, issuer: string): void {
  const parts = setting.split('{tenant}').map((part) => part.replaceAll(/[^\w/:-]/g, '\\$&'))
  if (new RegExp(`^${parts.join('[\\da-f-]{36}')}$`).test(issuer)) return
  printNote(
    `the settings name the issuer "${setting}", but the control plane still states "${issuer}": restart it, and run this again`,
  )
}

/** Everything is asked at that one address, whatever the documents call it. */
async function fetchDocuments(
  url: string,
  { ca, usesSystemCa }: Trust,
  proxies: Proxies | undefined,
): Promise<ServedDocuments> {
  const { createHttpsClient } = await import('@landfast/agent/upstream')
  const https = createHttpsClient(ca, usesSystemCa, proxies)
  const signal = AbortSignal.timeout(DEADLINE_MILLISECONDS)
  try {
    const configuration = await https.send(`${url}/common/${EXPORTED.configuration}`, { signal })
    const keys = await https.send(`${url}/common/discovery/keys`, { signal })
    return { configuration, keys }
  } catch (error) {
    throw explainUnreachable(error)
  } finally {
    https.close()
  }
}

/** Two control planes that export into one folder would take each other's keys away. */
function refuseForeign(at: { folder: string; name: string; content: string; issuer: string }): void {
  const { folder, name, content, issuer } = at
  if (name !== EXPORTED.configuration || issuerIn(content) === issuer) return
  throw new CliError('discovery_folder', {
    detail: folder,
    hints: [
      `"${name}" there is of another issuer than "${issuer}"; name another folder, or remove the file if the issuer was changed`,
    ],
  })
}

function print(exported: ExportedDiscovery, folder: string, { json }: ExportFlags): void {
  const { issuer, kids, staleFrom, warnings } = exported
  for (const warning of warnings) printNote(warning)
  const facts = { issuer, kids, staleFrom: staleFrom.toISOString(), folder: resolve(folder) }
  if (json) {
    printResult(JSON.stringify(facts))
    return
  }
  for (const [label, value] of [
    ['issuer', issuer],
    ['keys', kids.join(' ')],
    ['stale from', facts.staleFrom],
  ]) {
    printResult(`${label?.padEnd(12)} ${value}`)
  }
  printNote(`serve the folder at ${issuer} and run this every hour, and at once after an urgent rotation`)
}

/**
 * Which proxies a service or a command uses: its settings, what a login or a registration keeps, and what files hold.
 *
 * @see docs/proxy.md
 * @module
 */

import { createProxies, describeChoice, type Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import { readCa } from '../control-plane/trusted-ca.ts'
import { readSecretFile } from '../files/secret-file.ts'
import { PROXY_SETTINGS, type ProxyValues } from './proxy-rows.ts'
import { settingsOfEnvironment } from './settings-environment.ts'
import { settingsOfFlags } from './settings-flags.ts'
import { parseSettings, type SettingTexts } from './settings-table.ts'

/** What a login or a registration keeps of them, as it was given. */
export type KeptProxy = Partial<Record<string, string>>

/** The flags of a command that are about a proxy, as commander reads them. */
export interface ProxyFlags {
  proxyUrl?: string
  proxyBypass?: string
  proxyCredentialsFile?: string
  proxyCaFile?: string
}

/** Paths that are kept are absolute. */
const ROOT = '/'

/**
 * The texts that flags, then variables, then `kept` give; with nothing of HTTPS_PROXY and NO_PROXY, which belong to one
 * process.
 */
export function proxyTexts(flags: ProxyFlags, kept: KeptProxy = {}): SettingTexts {
  return {
    ...keptTexts(kept),
    ...settingsOfEnvironment(PROXY_SETTINGS, process.env, '.'),
    ...settingsOfFlags(PROXY_SETTINGS, { ...flags }),
  }
}

function keptTexts(kept: KeptProxy): SettingTexts {
  const texts: SettingTexts = {}
  for (const [name, text = ''] of Object.entries(kept)) {
    if (name in PROXY_SETTINGS) texts[name] = { text, origin: 'what is kept', folder: ROOT }
  }
  return texts
}

/** `texts` as they are kept, paths absolute; undefined if there are none. @throws {CliError} `argument_invalid`. */
export function keepProxy(texts: SettingTexts): KeptProxy | undefined {
  const values = parseSettings(PROXY_SETTINGS, texts)
  const kept = Object.entries(texts).map(([name, given]) => {
    const value = values[name as keyof ProxyValues]
    return [name, name.endsWith('-file') ? value : given?.text]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/**
 * What "landfast connect" or "landfast login" kept, or the folder of a service. One of both has to be named: with two optional
 * fields a kept proxy itself would pass for an object that has neither.
 */
type ProxyPlace =
  | { kept: KeptProxy | undefined; serviceFolder?: never }
  | { kept?: never; serviceFolder: string }

/** The proxies of a command with these flags. @throws {CliError} as {@link openProxies}, or `argument_invalid`. */
export async function readProxies(flags: ProxyFlags, place?: ProxyPlace): Promise<Proxies> {
  return await openProxies(
    parseSettings(PROXY_SETTINGS, proxyTexts(flags, place?.kept)),
    place?.serviceFolder,
  )
}

/** Says that a proxy is named for `url` and not used, since what is on this host or its link is reached past every proxy. */
export function whyProxyUnused(
  { origin, href }: URL,
  flags: ProxyFlags,
  proxies: Proxies,
): string | undefined {
  const named = parseSettings(PROXY_SETTINGS, proxyTexts(flags))['proxy-url']
  const choice = proxies.choose(new URL(href))
  if (!named || choice.proxy || !OWN.includes(choice.reason)) return undefined
  return `the proxy "${named.url}" is not used: "${origin}" is reached ${describeChoice(choice)}`
}

const OWN: readonly string[] = ['loopback', 'link-local']

/**
 * `values` of a service, and where they do not name a proxy those of the proxy by which the machine was connected.
 *
 * @throws {CliError} `argument_invalid`.
 */
export function withKeptProxy(values: ProxyValues, kept: KeptProxy | undefined): ProxyValues {
  const former = parseSettings(PROXY_SETTINGS, keptTexts(kept ?? {}))
  return {
    'proxy-url': values['proxy-url'] ?? former['proxy-url'],
    'proxy-bypass': values['proxy-bypass'] ?? former['proxy-bypass'],
    'proxy-credentials-file': values['proxy-credentials-file'] ?? former['proxy-credentials-file'],
    'proxy-ca-file': values['proxy-ca-file'] ?? former['proxy-ca-file'],
  }
}

/**
 * The proxies by `values`, and by the variables of this process, as the service sees them whose `serviceFolder` is.
 *
 * @throws {CliError} those of a secret file, `config_unreadable` or `config_invalid`.
 */
export async function openProxies(values: ProxyValues, serviceFolder?: string): Promise<Proxies> {
  const { 'proxy-url': proxy, 'proxy-bypass': bypass, 'proxy-credentials-file': file } = values
  const readCredentials = file === undefined ? undefined : () => readCredentialsFile(file, serviceFolder)
  // What cannot be read is told at the start; after that the file is read for each new connection.
  await readCredentials?.()
  const ca = await readCa(values['proxy-ca-file'])
  return createProxies({ proxy, bypass, ca, readCredentials }, process.env)
}

/** One line; what is wrong with it is told without any of it. */
async function readCredentialsFile(file: string, serviceFolder: string | undefined): Promise<string> {
  const text = (await readSecretFile(file, serviceFolder)).replace(/\r?\n$/, '')
  if (/^[^:]+:./.test(text) && !/\p{Cc}/u.test(text)) return text
  const detail = `"${file}" must hold the user and the password for the proxy in one line: USER:PASSWORD`
  throw new CliError('config_invalid', { detail })
}

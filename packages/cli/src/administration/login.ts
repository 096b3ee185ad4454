/**
 * `landfast login` and `landfast logout`: choose the control plane and account that administrative commands act on. A
 * login is kept only after it has worked.
 *
 * @see docs/administration.md
 * @module
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AdministratorFile } from '@landfast/control-plane'
import { CliError } from '../cli-error.ts'
import { readAdministrator } from '../control-plane/administrator-file.ts'
import { SUBSCRIPTIONS } from '../control-plane/api-versions.ts'
import { createControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { readTrust } from '../control-plane/trusted-ca.ts'
import { originOf } from '../machine/connect-target.ts'
import {
  keepProxy,
  type ProxyFlags,
  proxyTexts,
  readProxies,
  whyProxyUnused,
} from '../settings/proxy-settings.ts'
import { printNote, printResult } from '../terminal.ts'
import { readLoginCredential } from './login-credential.ts'
import { LOGIN_CREDENTIALS, type Login, loginFile, removeLogin, writeLogin } from './login-file.ts'
import { explainRefusal } from './refusal-advice.ts'

/** The flags of `login`, as commander reads them. */
export interface LoginFlags extends ProxyFlags {
  administrator?: string
  url?: string
  caFile?: string
  useSystemCa?: true
  tenantId?: string
  subscriptionId?: string
  servicePrincipalId?: string
  servicePrincipalSecretFile?: string
  servicePrincipalCert?: string
  federatedTokenFile?: string
  accessTokenFile?: string
  json?: true
}

/** What is known of a login before it was tried. */
type Draft = Omit<Login, 'tenantId'> & { tenantId?: string }

/** Tries the credential, and keeps the login. */
export async function login(flags: LoginFlags): Promise<number> {
  const draft = await readDraft(flags)
  const kept = await tryLogin(draft)
  const file = loginFile(process.env)
  await writeLogin(file, kept)
  const { url, tenantId, subscriptionId, clientId } = kept
  if (flags.json) printResult(JSON.stringify({ url, tenantId, subscriptionId, clientId, file }))
  else printResult(`logged in to ${url}${clientId === undefined ? '' : ` as ${clientId}`}`)
  const unused = whyProxyUnused(new URL(url), flags, await readProxies(flags))
  if (unused !== undefined) printNote(unused)
  if (subscriptionId === undefined) printNote('no subscription is visible; ask for a role, then log in again')
  return 0
}

/** Forgets the login. */
export async function logout(): Promise<number> {
  const removed = await removeLogin(loginFile(process.env))
  printResult(removed ? 'logged out' : 'you were not logged in')
  return 0
}

async function readDraft(flags: LoginFlags): Promise<Draft> {
  const credential = credentialOf(flags)
  const administrator =
    credential.kind === 'administrator' ? await readAdministrator(credential.file) : undefined
  const url = flags.url ?? administrator?.url
  if (url === undefined) throw new CliError('argument_missing', NO_URL)
  const { ca, usesSystemCa } = await readTrust({
    ...flags,
    caFile: flags.caFile ?? (administrator && caFileOf(administrator)),
  })
  const known = {
    tenantId: flags.tenantId ?? administrator?.tenantId,
    subscriptionId: flags.subscriptionId ?? administrator?.subscriptionId,
    clientId: administrator?.clientId ?? flags.servicePrincipalId,
    ca,
    usesSystemCa: usesSystemCa || undefined,
    proxy: keepProxy(proxyTexts(flags)),
  }
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  return { url: originOf(url), ...given, credential }
}

/** Only the file of the administrator names the control plane. */
const NO_URL = {
  detail: '"--url" is missing',
  hints: [
    'give --url https://HOST:PORT, --ca-file unless this computer knows the CA, and --service-principal-id unless the file holds an access token',
  ],
}

/** @throws {CliError} `config_unreadable` if the file was copied from another host without it. */
function caFileOf({ caFile }: AdministratorFile): string | undefined {
  if (caFile === undefined || existsSync(caFile)) return caFile
  const hints = ['copy that file from the host of the control plane, and name the copy with --ca-file']
  throw new CliError('config_unreadable', { detail: caFile, hints })
}

/** The one file that is named. @throws {CliError} `argument_missing` or `argument_invalid`. */
function credentialOf(flags: LoginFlags): Login['credential'] {
  const given = LOGIN_CREDENTIALS.flatMap((kind) => {
    const file = flags[FLAG[kind]]
    return file === undefined ? [] : [{ kind, file }]
  })
  const [credential, ...others] = given
  if (!credential) {
    throw new CliError('argument_missing', {
      detail: 'nothing says by which credential to log in',
      hints: [
        'give --administrator FILE, or --url and --service-principal-id with --service-principal-secret-file',
      ],
    })
  }
  if (others.length > 0) {
    const detail = `"--${credential.kind}" and "--${others[0]?.kind}" are both given; keep one of them`
    throw new CliError('argument_invalid', { detail })
  }
  if (credential.file !== '-') return { ...credential, file: resolve(credential.file) }
  const detail = `"--${credential.kind}" must be a file here: the login keeps its path, and every command reads it`
  throw new CliError('argument_invalid', { detail })
}

const FLAG = {
  administrator: 'administrator',
  'service-principal-secret-file': 'servicePrincipalSecretFile',
  'service-principal-cert': 'servicePrincipalCert',
  'federated-token-file': 'federatedTokenFile',
  'access-token-file': 'accessTokenFile',
} as const satisfies Record<Login['credential']['kind'], keyof LoginFlags>

async function tryLogin(draft: Draft): Promise<Login> {
  const { url, ca, usesSystemCa, tenantId, proxy } = draft
  const client = await createControlPlaneClient({
    url,
    ca,
    usesSystemCa,
    proxies: await readProxies({}, { kept: proxy }),
    tenantId,
    credential: await readLoginCredential(draft),
  })
  try {
    const authority = await client.authority()
    const visible = (await client.list('/subscriptions', SUBSCRIPTIONS)) as { subscriptionId: string }[]
    const subscriptionId = chooseSubscription(draft.subscriptionId, visible)
    const tenant = authority.slice(authority.lastIndexOf('/') + 1)
    return { ...draft, tenantId: tenant, ...(subscriptionId !== undefined && { subscriptionId }) }
  } catch (error) {
    throw explainRefusal(error, 'credentials_refused')
  } finally {
    client.close()
  }
}

/** @throws {CliError} `argument_invalid` if `wanted` is none of those that are visible. */
function chooseSubscription(
  wanted: string | undefined,
  visible: readonly { subscriptionId: string }[],
): string | undefined {
  if (wanted === undefined) return visible[0]?.subscriptionId
  const found = visible.find(({ subscriptionId }) => subscriptionId === wanted.toLowerCase())
  if (found) return found.subscriptionId
  throw new CliError('argument_invalid', {
    detail: `the subscription "${wanted}" does not exist, or you have no role in it`,
    hints: [`visible: ${visible.map(({ subscriptionId }) => subscriptionId).join(', ') || 'none'}`],
  })
}

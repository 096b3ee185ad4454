/**
 * Gets a token with one of Microsoft's clients for Node.js, as the case in the only argument says, and prints one JSON
 * line with the result; never the token itself.
 *
 * The clients are loaded from the folder in `LANDFAST_CONFORMANCE_LIBRARIES`, which may hold older ones.
 *
 * @see conformance/README.md
 * @module
 */

import { createRequire } from 'node:module'
import type * as Identity from '@azure/identity'
import type * as Msal from '@azure/msal-node'

interface Selector {
  by: 'client_id' | 'object_id' | 'resource_id'
  value: string
}

interface Case {
  client: string
  credential: 'managed-identity' | 'workload-identity' | 'default'
  resource: string
  selector: Selector | null
  calls: number
}

interface Token {
  token: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Gets a token, from the client's cache or anew. */
type GetToken = () => Promise<Token>

const load = createRequire(`${process.env.LANDFAST_CONFORMANCE_LIBRARIES ?? import.meta.dirname}/`)

/** Undefined where the client has no option for what the case asks. */
const CLIENTS: Record<string, (wanted: Case) => GetToken | undefined | Promise<GetToken>> = {
  '@azure/identity': identityClient,
  '@azure/msal-node': msalClient,
  '@landfast/client': landfastClient,
}

/** Object ids are taken from 4.5.0 on. */
const OBJECT_IDS_SINCE = [4, 5]

/** A control plane of one's own is no instance that Microsoft's discovery knows. */
const OWN_AUTHORITY = { disableInstanceDiscovery: true }

function identityClient(wanted: Case): GetToken | undefined {
  const credential = identityCredential(wanted)
  return (
    credential &&
    (async () => {
      const { token, expiresOnTimestamp } = await credential.getToken(`${wanted.resource}/.default`)
      return { token, expiresAt: expiresOnTimestamp }
    })
  )
}

function identityCredential({ credential, selector }: Case) {
  const { ManagedIdentityCredential, WorkloadIdentityCredential, DefaultAzureCredential }: typeof Identity =
    load('@azure/identity')
  if (credential === 'workload-identity') return new WorkloadIdentityCredential(OWN_AUTHORITY)
  const isDefault = credential === 'default'
  const options = isDefault ? defaultOptions(selector) : managedOptions(selector)
  if (!options) return undefined
  return isDefault
    ? new DefaultAzureCredential({ ...OWN_AUTHORITY, ...options })
    : new ManagedIdentityCredential(options as { clientId: string })
}

function managedOptions(selector: Selector | null): object | undefined {
  if (!selector) return {}
  const { by, value } = selector
  if (by === 'client_id') return { clientId: value }
  if (by === 'resource_id') return { resourceId: value }
  const [major = 0, minor = 0] = versionOf('@azure/identity').split('.').map(Number)
  const [sinceMajor = 0, sinceMinor = 0] = OBJECT_IDS_SINCE
  const isKnown = major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)
  return isKnown ? { objectId: value } : undefined
}

function defaultOptions(selector: Selector | null): object | undefined {
  if (!selector) return {}
  if (selector.by === 'client_id') return { managedIdentityClientId: selector.value }
  return selector.by === 'resource_id' ? { managedIdentityResourceId: selector.value } : undefined
}

function msalClient({ credential, resource, selector }: Case): GetToken | undefined {
  if (credential !== 'managed-identity') return undefined
  const { ManagedIdentityApplication }: typeof Msal = load('@azure/msal-node')
  const application = new ManagedIdentityApplication(selector ? msalOptions(selector) : {})
  return async () => {
    const { accessToken, expiresOn } = await application.acquireToken({ resource })
    return { token: accessToken, expiresAt: expiresOn?.getTime() ?? 0 }
  }
}

function msalOptions({ by, value }: Selector): Msal.ManagedIdentityConfiguration {
  const names = {
    client_id: 'userAssignedClientId',
    object_id: 'userAssignedObjectId',
    resource_id: 'userAssignedResourceId',
  } as const
  return { managedIdentityIdParams: { [names[by]]: value } }
}

async function landfastClient(wanted: Case): Promise<GetToken> {
  const credential = await landfastCredential(wanted)
  return async () => {
    const { token, expiresOnTimestamp } = await credential.getToken(`${wanted.resource}/.default`)
    return { token, expiresAt: expiresOnTimestamp }
  }
}

async function landfastCredential({ credential, selector }: Case) {
  const { DefaultCredential, ManagedIdentityCredential } = await import('@landfast/client')
  if (credential === 'workload-identity') return new DefaultCredential({ source: credential })
  const { by = 'client_id', value } = selector ?? {}
  const id = ({ client_id: 'ClientId', object_id: 'ObjectId', resource_id: 'ResourceId' } as const)[by]
  return credential === 'default'
    ? new DefaultCredential({ [`managedIdentity${id}`]: value })
    : new ManagedIdentityCredential({ [id[0]?.toLowerCase() + id.slice(1)]: value })
}

/** Not every version exports its `package.json`. */
function versionOf(name: string): string {
  if (name === '@landfast/client') return load('../../../packages/client/package.json').version
  const [folder = ''] = load.resolve(name).replaceAll('\\', '/').split(`/${name}/`)
  return load(`${folder}/${name}/package.json`).version
}

async function ask(wanted: Case): Promise<object> {
  try {
    const getToken = await CLIENTS[wanted.client]?.(wanted)
    if (!getToken) return { outcome: 'unsupported' }
    let last: Token = { token: '', expiresAt: 0 }
    for (let call = 0; call < wanted.calls; call++) last = await getToken()
    return { outcome: 'token', claims: claimsOf(last.token), expiresOn: Math.floor(last.expiresAt / 1000) }
  } catch (error) {
    return { outcome: 'error', error: textOf(error) }
  }
}

/** What the developer reads, with the causes that a chain of credentials keeps. */
function textOf(error: unknown): string {
  const { message, errors = [] } = error as { message?: string; errors?: unknown[] }
  return [message ?? String(error), ...errors.map(textOf)].join(' | ')
}

function claimsOf(token: string): object {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return Object.fromEntries(['aud', 'oid', 'appid', 'xms_mirid'].map((name) => [name, claims[name]]))
}

const wanted: Case = JSON.parse(process.argv[2] ?? '')
const began = performance.now()
const came = await ask(wanted)
const { client, calls } = wanted
const nothing = { claims: null, expiresOn: null, error: null }
const seconds = (performance.now() - began) / 1000
const line = { client, version: versionOf(client), calls, ...nothing, ...came, seconds }
// A client may leave timers and sockets behind.
process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0))

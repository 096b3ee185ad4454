/**
 * The variables that lead an SDK to our endpoint, and those that would lead it elsewhere.
 *
 * @see docs/protocol.md#how-an-application-finds-the-endpoint
 * @module
 */

import { VARIABLE, WORKLOAD_VARIABLE } from './names.ts'
import { type ServedStyleName, type StyleVariables, styleOf } from './styles.ts'

/** Variables by which some official SDK would take its identity from elsewhere, or ask for another one. */
export const COMPETING_VARIABLES = [
  VARIABLE.siteName,
  WORKLOAD_VARIABLE.authorityHost,
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  WORKLOAD_VARIABLE.clientId,
  'AZURE_CLIENT_SECRET',
  WORKLOAD_VARIABLE.federatedTokenFile,
  'AZURE_PASSWORD',
  VARIABLE.podIdentityHost,
  'AZURE_TOKEN_CREDENTIALS',
  'AZURE_USERNAME',
  VARIABLE.defaultIdentityClientId,
  VARIABLE.identityEndpoint,
  VARIABLE.identityHeader,
  VARIABLE.identityServerThumbprint,
  VARIABLE.imdsEndpoint,
  'MSAL_MANAGED_IDENTITY_ENDPOINT',
  VARIABLE.msiEndpoint,
  VARIABLE.msiSecret,
] as const

/** Hosts that must be asked directly: one SDK sends even loopback calls through HTTP_PROXY. */
export const UNPROXIED_HOSTS = ['localhost', '127.0.0.1', '::1', '169.254.169.254'] as const

/** What clients of old read as the name of the site that they run in; they look for no more than that there is one. */
const SITE_NAME = 'landfast'

/** Where an endpoint is, as an application needs to know it. */
export interface EndpointLocation {
  style: ServedStyleName
  url: string
  /** In styles with a secret header. */
  secret?: string
  /** SHA-1 of the certificate in upper-case hexadecimal, in styles with TLS. */
  thumbprint?: string
  /** The certificate itself, PEM: for clients that check it in the usual way. */
  certificate?: string
  /** The client id of the machine's own identity; empty where the audience of a request says which that is. */
  clientId?: string
}

/** The variables that lead every official SDK that knows the style to `endpoint`. */
export function endpointVariables(endpoint: EndpointLocation): Record<string, string> {
  const values = { ...endpoint, origin: originOf(endpoint.url), siteName: SITE_NAME }
  const { variables } = styleOf(endpoint.style)
  const found: Record<string, string> = {}
  for (const [what, name] of Object.entries(variables)) {
    const value = values[what as keyof StyleVariables]
    if (value !== undefined) found[name] = value
  }
  return found
}

function originOf(url: string): string {
  return url.split('/', 3).join('/')
}

/** `current` (a `NO_PROXY` value, if any) with every host added that must be asked directly. */
export function noProxyValue(current: string | undefined): string {
  const hosts = (current ?? '')
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
  // curl and Python take "*" for every host only where it stands alone.
  if (hosts.includes('*')) return '*'
  return [...new Set([...hosts, ...UNPROXIED_HOSTS])].join(',')
}

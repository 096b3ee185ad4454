/**
 * What an application's environment must and must not hold so that an SDK finds our endpoint and nothing else.
 *
 * @see docs/protocol.md#how-an-application-finds-the-endpoint
 * @module
 */

import { VARIABLE } from './names.ts'
import type { StyleName } from './styles.ts'

/** Variables by which some official SDK would take its identity from elsewhere, or ask for another one. */
export const COMPETING_VARIABLES = [
  'AZURE_AUTHORITY_HOST',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_PASSWORD',
  'AZURE_POD_IDENTITY_AUTHORITY_HOST',
  'AZURE_TOKEN_CREDENTIALS',
  'AZURE_USERNAME',
  'DEFAULT_IDENTITY_CLIENT_ID',
  VARIABLE.identityEndpoint,
  VARIABLE.identityHeader,
  'IDENTITY_SERVER_THUMBPRINT',
  VARIABLE.imdsEndpoint,
  'MSAL_MANAGED_IDENTITY_ENDPOINT',
  'MSI_ENDPOINT',
  'MSI_SECRET',
] as const

/** Hosts that must be asked directly: one SDK sends even loopback calls through HTTP_PROXY. */
export const UNPROXIED_HOSTS = ['localhost', '127.0.0.1', '::1', '169.254.169.254'] as const

/** Where an endpoint of each style is, as an application needs to know it. */
export type EndpointLocation =
  | { style: Extract<StyleName, 'arc'>; url: string }
  | { style: Extract<StyleName, 'app-service'>; url: string; secret: string }

/** The variables that lead every official SDK to `endpoint`. */
export function endpointVariables(endpoint: EndpointLocation): Record<string, string> {
  if (endpoint.style === 'arc') {
    return { [VARIABLE.identityEndpoint]: endpoint.url, [VARIABLE.imdsEndpoint]: originOf(endpoint.url) }
  }
  return { [VARIABLE.identityEndpoint]: endpoint.url, [VARIABLE.identityHeader]: endpoint.secret }
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

/**
 * The paths of resources at the API and, since they are the same, in the portal: the page of a resource is at its ARM id.
 *
 * @module
 */

import type { PortalApi } from './portal-api.ts'

/** The api-version of each type that the portal asks for. */
const VERSION = {
  subscriptions: '2022-12-01',
  resourceGroups: '2021-04-01',
  machines: '2025-01-13',
  identities: '2024-11-30',
  federatedCredentials: '2024-11-30',
  roles: '2022-04-01',
} as const

/** As many rows as one page of the API may have. */
export const MOST_ROWS = { $top: '1000' } as const

/** `path` with the api-version of `type`, and what else is asked. */
export function versioned(
  path: string,
  type: keyof typeof VERSION,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).filter(([, value]) => value) as [string, string][]
  return `${path}?${new URLSearchParams([['api-version', VERSION[type]], ...given])}`
}

/** A page of the list of Landfast's own at `path`, of what `search` means; of everything if that is empty. */
export function searched(path: string, search: string): string {
  return `${path}?${new URLSearchParams({ $top: '50', ...(search && { $search: search }) })}`
}

/** Below a resource group. */
export const GROUP_PATH = '/subscriptions/{subscriptionId}/resourceGroups/{groupName}'

/** Of one machine. */
export const MACHINE_PATH = `${GROUP_PATH}/providers/Microsoft.HybridCompute/machines/{machineName}`

/** Of one identity. */
export const IDENTITY_PATH = `${GROUP_PATH}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identityName}`

/** The ARM id that `params` name in `pattern`. Each segment is encoded, so that none can be taken for two. */
export function resourcePath(pattern: string, params: Readonly<Record<string, string>>): string {
  return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

/** The same of an id as the API shows it. */
export function pathOfId(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/')
}

/** The resource group in an ARM id. */
export function groupIn(id: string): string {
  return id.split('/')[4] ?? ''
}

/** The name of the resource with this ARM id; any other text is its own. */
export function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1) || id
}

/** A subscription as the API shows it. */
export interface Subscription {
  subscriptionId: string
  displayName: string
}

/** The subscriptions as a form lets a person choose among them. */
export function choicesOf(
  subscriptions: readonly Subscription[],
): (readonly [value: string, label: string])[] {
  return subscriptions.map(({ subscriptionId, displayName }) => [subscriptionId, displayName])
}

/** The subscriptions that the visitor sees: nearly always one. */
export function subscriptionsOf(api: PortalApi): Promise<Subscription[]> {
  return api.all(versioned('/subscriptions', 'subscriptions'))
}

/** The one that is asked for, or the first; undefined if the visitor sees none. */
export async function subscriptionFor(
  api: PortalApi,
  wanted: string | undefined,
): Promise<{ all: Subscription[]; chosen: Subscription | undefined }> {
  const all = await subscriptionsOf(api)
  return { all, chosen: all.find(({ subscriptionId }) => subscriptionId === wanted) ?? all[0] }
}

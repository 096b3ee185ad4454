/**
 * The pages of the portal as a person looks at them, each in many forms, so that none is one that was just made.
 *
 * @module
 */

import { clientOf, principalOf } from '../packages/control-plane/src/testing/filled-registry.ts'
import { groupAt, machineAt, nameAt, numberAt, type PortalPlace, yesterday } from './portal-place.ts'

/** A page by what a reader calls it, and its path at the call of this number. */
export type PortalPage = readonly [name: string, path: (place: PortalPlace, call: number) => string]

/** In the order of the menu. */
export const PORTAL_PAGES: readonly PortalPage[] = [
  ['overview', () => '/portal'],
  ['machines', () => '/portal/machines'],
  ['machines: by last heartbeat', () => machines({ order: 'heartbeat' })],
  ['machines: disconnected', () => machines({ status: 'Disconnected' })],
  ['machines: search by name', (place, call) => machines({ q: nameAt(place, call).slice(0, -1) })],
  [
    'machines of a group: by name',
    (place, call) => machines({ group: groupAt(place, call).split('/').at(-1) ?? '', order: 'name' }),
  ],
  ['one machine', (place, call) => `/portal${machineAt(place, call)}`],
  ['find by client id', (place, call) => `/portal/find?q=${clientOf(numberAt(place, call))}`],
  ['join a server', () => '/portal/join'],
  ['identities', () => '/portal/identities'],
  ['roles', () => '/portal/roles'],
  [
    'roles: who can do something at a machine',
    (place, call) => `/portal/roles?${new URLSearchParams({ scope: machineAt(place, call) })}`,
  ],
  [
    'roles: what one can do',
    (place, call) =>
      `/portal/roles?${new URLSearchParams({ principal: principalOf(numberAt(place, call)) })}`,
  ],
  ['applications', () => '/portal/applications'],
  ['keys', () => '/portal/keys'],
  ['audit', () => '/portal/audit'],
  [
    'audit: who got a token for a machine yesterday',
    (place, call) => audit(place, { machine: principalOf(numberAt(place, call)), action: 'issue-token' }),
  ],
  ['audit: what was refused that day', (place) => audit(place, { outcome: 'refused' })],
  ['settings', () => '/portal/settings'],
]

function machines(query: Record<string, string>): string {
  return `/portal/machines?${new URLSearchParams(query)}`
}

function audit(place: PortalPlace, query: Record<string, string>): string {
  const { since: from, until: to } = yesterday(place)
  return `/portal/audit?${new URLSearchParams({ ...query, from, to })}`
}

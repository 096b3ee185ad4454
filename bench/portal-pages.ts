/**
 * The pages of the portal as a person looks at them, each in many forms, so that none is one that was just made.
 *
 * @module
 */

import { clientOf, principalOf } from '../packages/control-plane/src/testing/filled-registry.ts'
import { portalIds } from './portal-people.ts'
import { groupAt, machineAt, nameAt, numberAt, type PortalPlace, yesterday } from './portal-place.ts'
import { AUDIENCES } from './portal-tables.ts'

/** A page by what a reader calls it, and its path at the call of this number. */
export type PortalPage = readonly [name: string, path: (place: PortalPlace, call: number) => string]

/** In the order of the menu. */
export const PORTAL_PAGES: readonly PortalPage[] = [
  ['overview', () => '/portal'],
  ['machines', () => '/portal/machines'],
  ['machines: by last heartbeat', () => machines({ order: 'heartbeat' })],
  ['machines: disconnected', () => machines({ status: 'Disconnected' })],
  ['machines: disabled', () => machines({ status: 'Disabled' })],
  ['machines: a part fails', () => machines({ status: 'Failing' })],
  // Of none of them, so that the page looks as far as it may.
  ['machines: a rare tag', (_, call) => machines({ tag: `rare=${call}` })],
  ['machines: newest heartbeat first', () => machines({ order: 'newest' })],
  ['machines: certificates that end in a week', (place) => machines(endOf(place))],
  ['machines: search by name', (place, call) => machines({ q: nameAt(place, call).slice(0, -1) })],
  [
    'machines of a group: by name',
    (place, call) => machines({ group: groupAt(place, call).split('/').at(-1) ?? '', order: 'name' }),
  ],
  ['one machine', (place, call) => `/portal${machineAt(place, call)}`],
  ['find by client id', (place, call) => `/portal/find?q=${clientOf(numberAt(place, call))}`],
  ['join a server', () => '/portal/join'],
  ['a join token', (place) => `/portal/join/${portalIds(place).tokenId}`],
  ['identities', () => '/portal/identities'],
  ['identities: search by name', (_, call) => `/portal/identities?q=id-${call}`],
  ['one identity', (place) => `/portal${portalIds(place).identityId}`],
  ['one identity: a guide', (place) => `/portal${portalIds(place).identityId}/federate/github`],
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
  ['applications: search by name', (_, call) => `/portal/applications?q=app-${call}`],
  ['one application', (place) => `/portal/applications/${portalIds(place).applicationId}`],
  ['groups', () => '/portal/groups'],
  ['groups: search by name', (_, call) => `/portal/groups?q=group-${call}`],
  ['users', () => '/portal/users'],
  ['keys', () => '/portal/keys'],
  ['audit', () => '/portal/audit'],
  [
    'audit: who got a token for a machine yesterday',
    (place, call) => audit(place, { machine: principalOf(numberAt(place, call)), action: 'issue-token' }),
  ],
  [
    'audit: who got a token for a frequent audience yesterday',
    (place) => audit(place, { audience: AUDIENCES.frequent }),
  ],
  [
    'audit: who got a token for a rare audience yesterday',
    (place) => audit(place, { audience: AUDIENCES.rare }),
  ],
  ['audit: what was refused that day', (place) => audit(place, { outcome: 'refused' })],
  [
    'audit: the file of one machine',
    (place, call) =>
      `/portal/audit/export?${new URLSearchParams({ machine: principalOf(numberAt(place, call)), ...auditSpan(place) })}`,
  ],
  ['audit: the file of a day', (place) => `/portal/audit/export?${new URLSearchParams(auditSpan(place))}`],
  ['settings', () => '/portal/settings'],
]

function machines(query: Record<string, string>): string {
  return `/portal/machines?${new URLSearchParams(query)}`
}

function audit(place: PortalPlace, query: Record<string, string>): string {
  return `/portal/audit?${new URLSearchParams({ ...query, ...auditSpan(place) })}`
}

function auditSpan(place: PortalPlace): Record<'from' | 'to', string> {
  const { since: from, until: to } = yesterday(place)
  return { from, to }
}

/** As the overview asks for those that end within 7 days. */
function endOf({ filledAt }: PortalPlace): Record<string, string> {
  const time = (days: number) => new Date(filledAt + days * 86_400_000).toISOString().replace('Z', '')
  return { endsFrom: time(0), endsBefore: time(7) }
}

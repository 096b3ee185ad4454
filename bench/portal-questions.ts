/**
 * What a person with a portal asks of the API of a large registry, each question in many forms, so that no answer is one that
 * the database has just given.
 *
 * @module
 */

import { clientOf, principalOf } from '../packages/control-plane/src/testing/filled-registry.ts'
import {
  daysBefore,
  groupAt,
  machineAt,
  nameAt,
  numberAt,
  type PortalPlace,
  yesterday,
} from './portal-place.ts'
import { AUDIENCES } from './portal-tables.ts'

/** One request. */
export interface PortalRequest {
  path: string
  /** For a POST. */
  json?: object
}

/** A question by what a reader calls it, and its form at the call of this number. */
export type PortalQuestion = readonly [
  name: string,
  request: (place: PortalPlace, call: number) => PortalRequest,
]

const PAGE_ROWS = 100

/** The questions in the order of the portal's pages. */
export const PORTAL_QUESTIONS: readonly PortalQuestion[] = [
  ['summary of all machines', (place) => ({ path: `/landfast/v1${subscription(place)}/fleet-summary` })],
  ['summary of a group', (place, call) => ({ path: `/landfast/v1${groupAt(place, call)}/fleet-summary` })],
  ['machines: a page by key', (place) => machines(place, {})],
  ['machines: by name', (place) => machines(place, { $orderby: 'name' })],
  ['machines: by last heartbeat', (place) => machines(place, { $orderby: 'properties/lastHeartbeat' })],
  [
    'machines: by last heartbeat, those connected',
    (place) =>
      machines(place, { $orderby: 'properties/lastHeartbeat', $filter: "properties/status eq 'Connected'" }),
  ],
  [
    'machines: whose names begin so',
    (place, call) => machines(place, { $search: nameAt(place, call).slice(0, -1) }),
  ],
  [
    'machines: whose names contain it',
    (place, call) => machines(place, { $filter: `substringof('${call}',name)` }),
  ],
  ['machines: by client id', (place, call) => machines(place, { $search: clientOf(numberAt(place, call)) })],
  ['machines: by ARM id', (place, call) => machines(place, { $search: machineAt(place, call) })],
  [
    'machines: not seen for a day',
    (place) =>
      machines(place, {
        $filter: `properties/lastHeartbeat lt '${daysBefore(place, 1)}'`,
      }),
  ],
  [
    'machines of a group: by last heartbeat',
    (place, call) => ({
      path: `${groupAt(place, call)}${MACHINES}?${versioned({ $orderby: 'properties/lastHeartbeat' }, '2025-01-13')}`,
    }),
  ],
  ['one machine', (place, call) => ({ path: `${machineAt(place, call)}?${versioned({}, '2025-01-13')}` })],
  ['roles: who can do something at a machine', (place, call) => roles(machineAt(place, call), 'atScope()')],
  [
    'roles: all of one principal',
    (place, call) => roles('', `principalId eq '${principalOf(numberAt(place, call))}'`),
  ],
  [
    `names of ${PAGE_ROWS} principals`,
    (place, call) => ({
      path: '/v1.0/directoryObjects/getByIds',
      json: { ids: Array.from({ length: PAGE_ROWS }, (_, at) => principalOf(numberAt(place, call + at))) },
    }),
  ],
  ['audit: the newest', () => audit({})],
  [
    'audit: who got a token for a machine yesterday',
    (place, call) =>
      audit({ machine: principalOf(numberAt(place, call)), action: 'issue-token', ...yesterday(place) }),
  ],
  [
    'audit: what was asked by one',
    (place, call) => audit({ caller: clientOf(numberAt(place, call)), ...everything }),
  ],
  [
    'audit: what was changed at a machine',
    (place, call) => audit({ machine: machineAt(place, call), action: 'change-machine', ...everything }),
  ],
  ['audit: all changes of machines', () => audit({ action: 'change-machine', ...everything })],
  [
    'audit: who got a token for a frequent audience',
    () => audit({ audience: AUDIENCES.frequent, ...everything }),
  ],
  ['audit: who got a token for a rare audience', () => audit({ audience: AUDIENCES.rare, ...everything })],
  [
    'audit: what was refused for a frequent audience',
    () => audit({ audience: AUDIENCES.frequent, outcome: 'refused', ...everything }),
  ],
  ['audit: what was refused', () => audit({ outcome: 'refused', ...everything })],
]

const MACHINES = '/providers/Microsoft.HybridCompute/machines'
const everything = { since: new Date(0).toISOString() }

function subscription({ subscriptionId }: PortalPlace): string {
  return `/subscriptions/${subscriptionId}`
}

function versioned(query: Record<string, string>, version: string): URLSearchParams {
  return new URLSearchParams({ 'api-version': version, $top: `${PAGE_ROWS}`, ...query })
}

function machines(place: PortalPlace, query: Record<string, string>): PortalRequest {
  return { path: `${subscription(place)}${MACHINES}?${versioned(query, '2025-01-13')}` }
}

function roles(scope: string, $filter: string): PortalRequest {
  return {
    path: `${scope}/providers/Microsoft.Authorization/roleAssignments?${versioned({ $filter }, '2022-04-01')}`,
  }
}

function audit(query: Record<string, string>): PortalRequest {
  const search = new URLSearchParams({ $orderby: 'time desc', $top: `${PAGE_ROWS}`, ...query })
  return { path: `/landfast/v1/audit?${search}` }
}

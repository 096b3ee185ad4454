/**
 * What a portal lists beside machines: applications, identities, users, groups and join tokens, made by PostgreSQL itself.
 *
 * @module
 */

import { query } from '../packages/control-plane/src/testing/postgres.ts'
import type { PortalPlace } from './portal-place.ts'

/** Of each kind. */
const COUNT = 2_000

/** The id of the first of a kind, for its own page. */
function idOf(kind: string): string {
  return `00000001-0000-4000-8000-0000000${kind}`
}

/** As the statements below write them. */
const KIND = {
  application: '000aa',
  identity: '000bb',
  user: '000cc',
  group: '000dd',
  token: '000ee',
} as const

/** The ids that the pages of one of them are at. */
export function portalIds({ subscriptionId }: Pick<PortalPlace, 'subscriptionId'>) {
  return {
    applicationId: idOf(KIND.application),
    tokenId: idOf(KIND.token),
    identityId: `${groupOf(subscriptionId)}/providers/microsoft.managedidentity/userassignedidentities/id-1`,
  }
}

/** The first group of the filled registry. */
function groupOf(subscriptionId: string): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/g10000`
}

/** Makes them. */
export async function fillPeople(
  url: string,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
): Promise<void> {
  const group = groupOf(subscriptionId)
  const id = (kind: string) => `(lpad(to_hex(i), 8, '0') || '-0000-4000-8000-0000000${kind}')`
  const numbers = `from generate_series(1, ${COUNT}) as i`
  const principals = (kind: string, sort: string, name: string, resource = 'null') => `insert into principal
    select ${id(kind)}, ${id(kind)}, '${tenantId}', '${sort}', '${name}-' || i, ${resource}, 'enabled', 0, 0 ${numbers}`
  const identity = `'${group}/providers/microsoft.managedidentity/userassignedidentities/id-' || i`
  await query(url, principals(KIND.application, 'application', 'app'))
  await query(url, principals(KIND.identity, 'user-assigned', 'id', identity))
  await query(
    url,
    `insert into user_identity select ${identity}, ${identity}, ${id(KIND.identity)}, '${group}', '${subscriptionId}', 'g10000',
      'id-' || i, 'local', '{}', 1, 0, 0 ${numbers}`,
  )
  for (const kind of ['user', 'group'] as const) {
    await query(url, principals(KIND[kind], 'user-assigned', kind))
    await query(
      url,
      `insert into foreign_principal select ${id(KIND[kind])}, '${kind}', 'https://login.example', '${kind}-' || i ${numbers}`,
    )
  }
  await query(
    url,
    `insert into join_token select ${id(KIND.token)}, 'hash ' || i, '${subscriptionId}', 'g10000', 'local', '{}', 10, 0,
      4102444800000, '${tenantId}', i, null ${numbers}`,
  )
}

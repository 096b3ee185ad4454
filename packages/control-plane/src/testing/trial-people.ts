/**
 * Users and groups of an OpenID provider, at a control plane of one test. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Storage } from '../storage/storage.ts'
import type { AskOptions, TrialResourceManager } from './trial-resource-manager.ts'

/** A provider that nobody asks. */
export const PROVIDER = { issuer: 'https://login.example.com/realms/staff', clientId: 'portal' }

/** Makes a group or a user as the owner; resolves to its object id. */
export async function makePerson(
  { ask }: Pick<TrialResourceManager, 'ask'>,
  collection: 'groups' | 'users',
  json: { displayName: string; claimValue?: string; subject?: string },
): Promise<string> {
  const { status, body } = await ask(`/landfast/v1/${collection}`, { method: 'POST', json })
  if (status !== 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  return body.principalId
}

/** Says that the last ID token of a user named a group. */
export async function putIn(storage: Storage, member: string, group: string): Promise<void> {
  const row = { member_id: member, group_id: group }
  await storage.db.insertInto('foreign_membership').values(row).execute()
}

/** Gives a role at a scope, as a client of Azure does. */
export function giveRole(
  { ask }: Pick<TrialResourceManager, 'ask'>,
  principalId: string,
  {
    role,
    scope = '',
    ...more
  }: { role: string; scope?: string; principalType?: string } & Pick<AskOptions, 'as'>,
) {
  const { as, ...properties } = more
  return ask(
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
    {
      method: 'PUT',
      json: { properties: { principalId, roleDefinitionId: role, ...properties } },
      ...(as && { as }),
    },
  )
}

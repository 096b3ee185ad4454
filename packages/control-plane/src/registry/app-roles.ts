/**
 * App roles: the claim `roles` in tokens for an audience, by which the service behind it decides.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/howto-add-app-roles-in-apps
 * @module
 */

import { audienceSpellings, hasControlCharacters, RESOURCE_MAX_CHARACTERS } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import { RegistryError } from './registry-error.ts'

/** As at Entra. */
const ROLE_MAX_CHARACTERS = 120

/** Keeps tokens small enough for the headers that carry them. */
export const APP_ROLES_MAX = 50

/** A role that tokens of a principal for a resource carry. */
export interface AppRoleAssignment {
  principalId: string
  resource: string
  role: string
}

/** What has roles: any machine, identity or application that was not deleted. */
export interface AppRolePrincipal {
  principalId: string
  clientId: string
}

/**
 * Gives a principal a role; giving it again changes nothing. Resolves to whose it now is.
 *
 * @throws {RegistryError} `app_role_malformed`, `principal_unknown` or `app_roles_too_many`.
 */
export async function grantAppRole(
  trx: Transaction<Schema>,
  assignment: AppRoleAssignment,
  time: Date,
): Promise<AppRolePrincipal> {
  const { principalId, resource, role } = assignment
  if (!isText(resource, RESOURCE_MAX_CHARACTERS) || !isText(role, ROLE_MAX_CHARACTERS)) {
    throw new RegistryError('app_role_malformed')
  }
  const principal = await knownPrincipal(trx, principalId)
  const [others = []] = await rolesForEach(trx, [{ principalId, resource }])
  if (!others.includes(role) && others.length >= APP_ROLES_MAX) throw new RegistryError('app_roles_too_many')
  await trx
    .insertInto('app_role_assignment')
    .values({ principal_id: principalId, resource, role, created_at: time.getTime() })
    .onConflict((conflict) => conflict.columns(['principal_id', 'resource', 'role']).doNothing())
    .execute()
  return principal
}

/** Takes a role away. @throws {RegistryError} `app_role_unknown`. */
export async function revokeAppRole(
  trx: Transaction<Schema>,
  { principalId, resource, role }: AppRoleAssignment,
): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('app_role_assignment')
    .where('principal_id', '=', principalId)
    .where('resource', '=', resource)
    .where('role', '=', role)
    .executeTakeFirst()
  if (Number(numDeletedRows) === 0) throw new RegistryError('app_role_unknown')
}

/** Every role of a principal, by resource and role. */
export async function listAppRoles(db: Kysely<Schema>, principalId: string): Promise<AppRoleAssignment[]> {
  return db
    .selectFrom('app_role_assignment')
    .select(['principal_id as principalId', 'resource', 'role'])
    .where('principal_id', '=', principalId)
    .orderBy('resource')
    .orderBy('role')
    .execute()
}

/** Which roles a token is to carry. */
export interface AppRoleQuestion {
  principalId: string
  resource: string
}

/** The roles of a principal in a token for a resource, for each of `questions`, in a fixed order. */
export async function rolesForEach(
  db: Kysely<Schema>,
  questions: readonly AppRoleQuestion[],
): Promise<string[][]> {
  const rows = await selectRoles(db, {
    principalIds: [...new Set(questions.map(({ principalId }) => principalId))],
    resources: [...new Set(questions.flatMap(({ resource }) => audienceSpellings(resource)))],
  })
  const byPrincipal = Map.groupBy(rows, (row) => row.principal_id)
  return questions.map(({ principalId, resource }) => {
    const spellings: readonly string[] = audienceSpellings(resource)
    const granted = byPrincipal.get(principalId)?.filter((row) => spellings.includes(row.resource)) ?? []
    return [...new Set(granted.map(({ role }) => role))]
  })
}

const selectRoles = prepareStatement(
  (db, { principalIds, resources }: Record<'principalIds' | 'resources', readonly string[]>) =>
    db
      .selectFrom('app_role_assignment')
      .select(['principal_id', 'resource', 'role'])
      .where('principal_id', 'in', principalIds)
      .where('resource', 'in', resources)
      .orderBy('role'),
)

async function knownPrincipal(trx: Transaction<Schema>, principalId: string): Promise<AppRolePrincipal> {
  const row = await trx
    .selectFrom('principal')
    .leftJoin('foreign_principal', 'foreign_principal.principal_id', 'principal.id')
    .select(['principal.id as principalId', 'client_id as clientId'])
    .where('principal.id', '=', principalId)
    .where('state', '!=', 'deleted')
    // No token is ever made for a user or a group.
    .where('foreign_principal.kind', 'is', null)
    .executeTakeFirst()
  if (!row) throw new RegistryError('principal_unknown')
  return row
}

function isText(text: string, maxCharacters: number): boolean {
  return text.trim() === text && text !== '' && text.length <= maxCharacters && !hasControlCharacters(text)
}

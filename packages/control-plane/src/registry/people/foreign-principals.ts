/**
 * Users and groups of another issuer, the OpenID provider of a company: principals to whom roles may be given, and who never
 * hold a credential here. Their issuer says who they are, each time they sign in to the portal.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { randomUUID } from 'node:crypto'
import { hasControlCharacters } from '@landfast/protocol'
import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely'
import type { ForeignKind, PrincipalState, Schema } from '../../storage/schema.ts'
import { isDisplayName } from '../applications.ts'
import { changePrincipalState } from '../machine-end.ts'
import { RegistryError } from '../registry-error.ts'
import { isPrincipalMeant } from './principal-search.ts'

/** One that was not deleted. */
export interface ForeignPrincipal {
  tenantId: string
  principalId: string
  kind: ForeignKind
  displayName: string
  issuer: string
  /** Of a user `sub`, of a group one of the values in the claim of the groups. */
  value: string
  state: Exclude<PrincipalState, 'deleted'>
  createdAt: Date
}

/** What is to be made. */
export type NewForeignPrincipal = Pick<
  ForeignPrincipal,
  'tenantId' | 'kind' | 'displayName' | 'issuer' | 'value'
>

/** OpenID Connect has 255 for a subject; a group of a directory may be named by its whole path. */
const VALUE_MAX_CHARACTERS = 600

/**
 * A new one with an id that was never given before; `createForeignPrincipal` writes it.
 *
 * @throws {RegistryError} `display_name_malformed` or `foreign_value_malformed`.
 */
export function newForeignPrincipal(wish: NewForeignPrincipal, time: Date): ForeignPrincipal {
  if (!isDisplayName(wish.displayName)) throw new RegistryError('display_name_malformed')
  if (!isValue(wish.value)) throw new RegistryError('foreign_value_malformed')
  return { ...wish, principalId: randomUUID(), state: 'enabled', createdAt: time }
}

/** Whether an issuer may name somebody so. It is compared exactly, so what cannot be seen in it has no place there. */
export function isValue(text: string): boolean {
  return (
    text.isWellFormed() &&
    text.trim() !== '' &&
    text.length <= VALUE_MAX_CHARACTERS &&
    !hasControlCharacters(text)
  )
}

/** Writes `principal`. @throws {RegistryError} `foreign_principal_exists`. */
export async function createForeignPrincipal(
  trx: Transaction<Schema>,
  principal: ForeignPrincipal,
): Promise<void> {
  const { tenantId, principalId: id, kind, displayName, issuer, value, state, createdAt } = principal
  if (await findForeignPrincipal(trx, principal)) throw new RegistryError('foreign_principal_exists')
  const time = createdAt.getTime()
  await trx
    .insertInto('principal')
    .values({
      ...{ id, tenant_id: tenantId, display_name: displayName, state },
      // It is no client of the token endpoint; where a client is named, its object id stands.
      client_id: id,
      kind: 'user-assigned',
      resource_id: null,
      created_at: time,
      changed_at: time,
    })
    .execute()
  await trx.insertInto('foreign_principal').values({ principal_id: id, kind, issuer, value }).execute()
}

/** The one that `issuer` calls `value`, or undefined. */
export async function findForeignPrincipal(
  db: Kysely<Schema>,
  { kind, issuer, value }: Pick<ForeignPrincipal, 'kind' | 'issuer' | 'value'>,
): Promise<ForeignPrincipal | undefined> {
  const row = await present(db, kind)
    .where('foreign_principal.issuer', '=', issuer)
    .where('foreign_principal.value', '=', value)
    .executeTakeFirst()
  return row && principalOf(row)
}

/** Those of one kind, by object id; with a `search` those that are meant by it, or that the provider calls so. */
export async function listForeignPrincipals(
  db: Kysely<Schema>,
  kind: ForeignKind,
  { after, limit, search = '' }: { after: string; limit: number; search?: string },
): Promise<ForeignPrincipal[]> {
  const rows = await present(db, kind)
    .where('principal.id', '>', after)
    .where(sql<SqlBool>`(${isPrincipalMeant(search)} or foreign_principal.value = ${search})`)
    .orderBy('principal.id')
    .limit(limit)
    .execute()
  return rows.map(principalOf)
}

/** The one of this kind with this object id. @throws {RegistryError} `foreign_principal_unknown`. */
export async function getForeignPrincipal(
  db: Kysely<Schema>,
  kind: ForeignKind,
  principalId: string,
): Promise<ForeignPrincipal> {
  const row = await present(db, kind).where('principal.id', '=', principalId).executeTakeFirst()
  if (!row) throw new RegistryError('foreign_principal_unknown')
  return principalOf(row)
}

/** Which of `principalIds` are users and groups. */
export async function foreignKinds(
  db: Kysely<Schema>,
  principalIds: readonly string[],
): Promise<ReadonlyMap<string, ForeignKind>> {
  if (principalIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('foreign_principal')
    .select(['principal_id', 'kind'])
    .where('principal_id', 'in', principalIds)
    .execute()
  return new Map(rows.map(({ principal_id, kind }) => [principal_id, kind]))
}

/** Lets roles of one count or not. @throws {RegistryError} `foreign_principal_unknown`. */
export async function setForeignState(
  trx: Transaction<Schema>,
  { kind, principalId }: Pick<ForeignPrincipal, 'kind' | 'principalId'>,
  change: { state: ForeignPrincipal['state']; time: Date },
): Promise<ForeignPrincipal> {
  const principal = await getForeignPrincipal(trx, kind, principalId)
  await changePrincipalState(trx, principalId, change)
  return { ...principal, state: change.state }
}

/**
 * Deletes one with its roles. Its object id is never given again, but its issuer may bring the same user here anew.
 *
 * @throws {RegistryError} `foreign_principal_unknown`.
 */
export async function deleteForeignPrincipal(
  trx: Transaction<Schema>,
  { kind, principalId }: Pick<ForeignPrincipal, 'kind' | 'principalId'>,
  time: Date,
): Promise<ForeignPrincipal> {
  const principal = await getForeignPrincipal(trx, kind, principalId)
  await changePrincipalState(trx, principalId, { state: 'deleted', time })
  for (const column of ['member_id', 'group_id'] as const)
    await trx.deleteFrom('foreign_membership').where(column, '=', principalId).execute()
  for (const table of ['role_assignment', 'foreign_principal'] as const)
    await trx.deleteFrom(table).where('principal_id', '=', principalId).execute()
  return principal
}

/** Those of one kind. A deleted one has no row in `foreign_principal`. */
function present(db: Kysely<Schema>, kind: ForeignKind) {
  return db
    .selectFrom('foreign_principal')
    .innerJoin('principal', 'principal.id', 'foreign_principal.principal_id')
    .select(['principal.id', 'tenant_id', 'display_name', 'state', 'created_at'])
    .select(['foreign_principal.kind', 'issuer', 'value'])
    .where('foreign_principal.kind', '=', kind)
}

type Row = Awaited<ReturnType<ReturnType<typeof present>['execute']>>[number]

function principalOf(row: Row): ForeignPrincipal {
  return {
    tenantId: row.tenant_id,
    principalId: row.id,
    kind: row.kind,
    displayName: row.display_name,
    issuer: row.issuer,
    value: row.value,
    state: row.state === 'disabled' ? 'disabled' : 'enabled',
    createdAt: new Date(row.created_at),
  }
}

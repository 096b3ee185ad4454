/**
 * Applications: service principals that are neither a machine nor an identity of one, such as an administrator, a
 * deployment job or a service that runs elsewhere. Other files hold their credentials.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
 * @module
 */

import { randomUUID } from 'node:crypto'
import { hasControlCharacters } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { PrincipalState, Schema } from '../storage/schema.ts'
import { changePrincipalState } from './machine-end.ts'
import { isPrincipalMeant } from './people/principal-search.ts'
import { RegistryError } from './registry-error.ts'

/** An application that was not deleted. */
export interface Application {
  tenantId: string
  clientId: string
  principalId: string
  displayName: string
  state: Exclude<PrincipalState, 'deleted'>
  createdAt: Date
}

/** As at Entra. */
const DISPLAY_NAME_MAX_CHARACTERS = 120

/** A new application with ids that were never given before; `createApplication` writes it. */
export function newApplication(options: { tenantId: string; displayName: string; time: Date }): Application {
  const { tenantId, displayName, time } = options
  if (!isDisplayName(displayName)) throw new RegistryError('display_name_malformed')
  return {
    tenantId,
    clientId: randomUUID(),
    principalId: randomUUID(),
    displayName,
    state: 'enabled',
    createdAt: time,
  }
}

/** Whether `text` may be the name that people know something by. */
export function isDisplayName(text: string): boolean {
  return text.trim() !== '' && text.length <= DISPLAY_NAME_MAX_CHARACTERS && !hasControlCharacters(text)
}

/** Writes `application`. It can prove nothing until it is given a credential. */
export async function createApplication(trx: Transaction<Schema>, application: Application): Promise<void> {
  const { tenantId, clientId, principalId, displayName, state, createdAt } = application
  await trx
    .insertInto('principal')
    .values({
      id: principalId,
      client_id: clientId,
      tenant_id: tenantId,
      kind: 'application',
      display_name: displayName,
      resource_id: null,
      state,
      created_at: createdAt.getTime(),
      changed_at: createdAt.getTime(),
    })
    .execute()
}

/** A part of all applications. */
export interface ApplicationPage {
  /** Only those after this principal id; from the beginning without it. */
  after?: string | undefined
  /** Those that are meant by it alone. */
  search?: string
  limit: number
}

/** The applications of `page`, by principal id. */
export async function listApplications(db: Kysely<Schema>, page: ApplicationPage): Promise<Application[]> {
  const rows = await present(db)
    .where('id', '>', page.after ?? '')
    .where(isPrincipalMeant(page.search ?? ''))
    .orderBy('id')
    .limit(page.limit)
    .execute()
  return rows.map(applicationOf)
}

/** The application with this object id. @throws {RegistryError} `application_unknown`. */
export async function getApplication(db: Kysely<Schema>, principalId: string): Promise<Application> {
  const row = await present(db).where('id', '=', principalId).executeTakeFirst()
  if (!row) throw new RegistryError('application_unknown')
  return applicationOf(row)
}

/** Lets an application have tokens or not. @throws {RegistryError} `application_unknown`. */
export async function setApplicationState(
  trx: Transaction<Schema>,
  principalId: string,
  change: { state: Application['state']; time: Date },
): Promise<Application> {
  const application = await getApplication(trx, principalId)
  await changePrincipalState(trx, principalId, change)
  return { ...application, state: change.state }
}

/**
 * Deletes an application with its credentials and everything it was allowed. Its ids are never given again.
 *
 * @throws {RegistryError} `application_unknown`.
 */
export async function deleteApplication(
  trx: Transaction<Schema>,
  principalId: string,
  time: Date,
): Promise<Application> {
  const application = await getApplication(trx, principalId)
  await changePrincipalState(trx, principalId, { state: 'deleted', time })
  for (const table of BELONGINGS)
    await trx.deleteFrom(table).where('principal_id', '=', principalId).execute()
  return application
}

/** What goes with an application. */
const BELONGINGS = [
  'client_secret',
  'client_certificate',
  'federated_credential',
  'role_assignment',
  'app_role_assignment',
] as const

function present(db: Kysely<Schema>) {
  return db
    .selectFrom('principal')
    .selectAll()
    .where('kind', '=', 'application')
    .where('state', '!=', 'deleted')
}

function applicationOf(row: Schema['principal']): Application {
  return {
    tenantId: row.tenant_id,
    clientId: row.client_id,
    principalId: row.id,
    displayName: row.display_name,
    state: row.state === 'disabled' ? 'disabled' : 'enabled',
    createdAt: new Date(row.created_at),
  }
}

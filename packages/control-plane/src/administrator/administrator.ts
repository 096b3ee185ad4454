/**
 * The first administrator of a control plane: an application that owns everything, whose secret lets others in.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { ROLE } from '../authorization/role-definitions.ts'
import {
  type Application,
  createApplication,
  getApplication,
  newApplication,
} from '../registry/applications.ts'
import { addClientSecret, type NewClientSecret, newClientSecret } from '../registry/client-secrets.ts'
import { endPortalAccess } from '../registry/portal-access.ts'
import type { Schema } from '../storage/schema.ts'

/** By this name it is found again when its secret was lost. */
const DISPLAY_NAME = 'administrator'

const ROOT_SCOPE = '/'

/** The longest that a secret may be good; "landfast control-plane reset-administrator" makes a new one. */
const SECRET_LIFETIME_SECONDS = 730 * 86_400

/** An administrator with a secret that is nowhere else. */
export interface NewAdministrator {
  application: Application
  secret: NewClientSecret
}

/** A new administrator; `createAdministrator` writes it. */
export function newAdministrator(tenantId: string, time: Date): NewAdministrator {
  const application = newApplication({ tenantId, displayName: DISPLAY_NAME, time })
  return { application, secret: newSecret(time) }
}

/** Writes `administrator`, who owns everything from then on. */
export async function createAdministrator(
  trx: Transaction<Schema>,
  { application, secret }: NewAdministrator,
): Promise<void> {
  const { createdAt: time } = application
  await createApplication(trx, application)
  await addClientSecret(trx, application.principalId, secret)
  await makeOwner(trx, application, time)
  await recordAudit(trx, [
    unaskedEntry('create-administrator', time, { principalId: application.principalId }),
  ])
}

/**
 * An administrator with a new secret: the oldest that owns everything still, else a new one. The name alone does
 * not make one, since a principal that may create applications may choose it.
 */
export async function renewedAdministrator(
  db: Kysely<Schema>,
  tenantId: string,
  time: Date,
): Promise<NewAdministrator> {
  const owner = await db
    .selectFrom('principal')
    .innerJoin('role_assignment', 'role_assignment.principal_id', 'principal.id')
    .select('principal.id')
    .where('kind', '=', 'application')
    .where('display_name', '=', DISPLAY_NAME)
    .where('state', '=', 'enabled')
    .where('scope_key', '=', ROOT_SCOPE)
    .where('role_id', '=', ROLE.owner)
    .orderBy('principal.created_at')
    .orderBy('principal.id')
    .executeTakeFirst()
  if (!owner) return newAdministrator(tenantId, time)
  return { application: await getApplication(db, owner.id), secret: newSecret(time) }
}

/** Writes what `renewedAdministrator` made: its former secrets are good no more. */
export async function resetAdministrator(
  trx: Transaction<Schema>,
  administrator: NewAdministrator,
  time: Date,
): Promise<void> {
  const { application, secret } = administrator
  const { principalId } = application
  const kept = await trx.selectFrom('principal').select('id').where('id', '=', principalId).executeTakeFirst()
  if (!kept) return createAdministrator(trx, administrator)
  await trx.deleteFrom('client_secret').where('principal_id', '=', principalId).execute()
  await endPortalAccess(trx, principalId)
  await addClientSecret(trx, principalId, secret)
  await recordAudit(trx, [unaskedEntry('reset-administrator', time, { principalId })])
}

function newSecret(time: Date): NewClientSecret {
  return newClientSecret({ time, lifetimeSeconds: SECRET_LIFETIME_SECONDS, displayName: DISPLAY_NAME })
}

async function makeOwner(trx: Transaction<Schema>, { principalId }: Application, time: Date): Promise<void> {
  await trx
    .insertInto('role_assignment')
    .values({
      name: randomUUID(),
      scope: ROOT_SCOPE,
      scope_key: ROOT_SCOPE,
      role_id: ROLE.owner,
      principal_id: principalId,
      created_by: principalId,
      created_at: time.getTime(),
    })
    .execute()
}

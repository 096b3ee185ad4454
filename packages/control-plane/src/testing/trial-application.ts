/**
 * An application of a running control plane for one test, written straight into its storage. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type Application, createApplication, newApplication } from '../registry/applications.ts'
import { addClientSecret, newClientSecret } from '../registry/client-secrets.ts'
import type { Storage } from '../storage/storage.ts'

/** An application with the text of its secret. */
export interface TrialApplication extends Application {
  secret: string
  secretId: string
}

/** Makes an application with one secret. */
export async function makeTrialApplication(
  { storage, tenantId }: { storage: Storage; tenantId: string },
  options: { time: Date; lifetimeSeconds?: number },
): Promise<TrialApplication> {
  const application = newApplication({ tenantId, displayName: 'trial', time: options.time })
  const secret = newClientSecret(options)
  await storage.change(async (trx) => {
    await createApplication(trx, application)
    await addClientSecret(trx, application.principalId, secret)
  })
  return { ...application, secret: secret.text, secretId: secret.id }
}

/** Makes a user-assigned identity and gives it to the machine; resolves to its ids. */
export async function giveTrialIdentity(
  { storage, tenantId }: { storage: Storage; tenantId: string },
  machine: { principalId: string },
): Promise<{ clientId: string; principalId: string; resourceId: string }> {
  const identity = {
    clientId: randomUUID(),
    principalId: randomUUID(),
    resourceId: `/identities/${randomUUID()}`,
  }
  const time = { created_at: 0, changed_at: 0 }
  await storage.change(async (trx) => {
    await trx
      .insertInto('principal')
      .values({
        id: identity.principalId,
        client_id: identity.clientId,
        tenant_id: tenantId,
        kind: 'user-assigned',
        display_name: 'identity',
        resource_id: identity.resourceId,
        state: 'enabled',
        ...time,
      })
      .execute()
    await trx
      .insertInto('machine_user_identity')
      .values({ machine_principal_id: machine.principalId, identity_principal_id: identity.principalId })
      .execute()
  })
  return identity
}

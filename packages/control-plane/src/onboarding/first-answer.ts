/**
 * The answer that makes a machine one. It is given again while the machine may not have had it, which is until its
 * first heartbeat. A later caller is a copy, and must not learn the nonce.
 *
 * @module
 */

import type { Enrolment } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import type { AuthorityNames } from '../authority/endpoints.ts'
import type { Schema } from '../storage/schema.ts'
import { OnboardingError } from './onboarding-error.ts'

/**
 * The answer for a machine and its key; a disabled one is given it where that takes the key from another host.
 *
 * @throws {OnboardingError} `MachineDeleted`, `MachineDisabled`, `KeyRetired` or `AlreadyConnected`.
 */
export async function firstAnswer(
  db: Kysely<Schema>,
  names: AuthorityNames,
  {
    principalId,
    thumbprint,
    alsoDisabled = false,
  }: { principalId: string; thumbprint: string; alsoDisabled?: boolean },
): Promise<Enrolment> {
  const row = await db
    .selectFrom('machine_key')
    .innerJoin('principal', 'principal.id', 'machine_key.principal_id')
    .innerJoin('presence', 'presence.principal_id', 'principal.id')
    .innerJoin('machine', 'machine.principal_id', 'principal.id')
    .select([
      'principal.tenant_id as tenantId',
      'principal.client_id as clientId',
      'principal.id as principalId',
      'machine.resource_id as resourceId',
      'machine.location',
      'principal.state',
      'machine_key.state as keyState',
      'machine_key.certificate',
      'presence.nonce',
      'presence.last_heartbeat_at as lastHeartbeatAt',
    ])
    .where('machine_key.thumbprint', '=', thumbprint)
    .where('machine_key.principal_id', '=', principalId)
    .executeTakeFirst()
  if (!row) throw new OnboardingError('MachineDeleted')
  const { tenantId, clientId, resourceId, certificate, nonce, location } = row
  const identity = { tenantId, clientId, principalId, resourceId }
  if (row.state === 'disabled' && !alsoDisabled) throw new OnboardingError('MachineDisabled', { identity })
  if (row.keyState === 'retired') throw new OnboardingError('KeyRetired', { identity })
  if (row.lastHeartbeatAt !== null) throw new OnboardingError('AlreadyConnected', { identity })
  return { authority: `${names.origin}/${tenantId}`, identity, certificate, nonce, location }
}

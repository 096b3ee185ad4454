/**
 * The property `identity` of a machine: its system-assigned identity, which it always has, and the user-assigned
 * ones, which are assigned and taken away by writing it.
 *
 * @see https://learn.microsoft.com/azure/templates/microsoft.hybridcompute/machines
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { NOTHING_ELSE } from '../arm/strict-body.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { parseScope } from '../authorization/scope.ts'
import { assignedIdentities, assignIdentity, unassignIdentity } from '../registry/assigned-identities.ts'
import { findUserIdentity } from '../registry/user-identities.ts'
import type { Schema } from '../storage/schema.ts'
import { IdentityError } from './identity-error.ts'

/** What the caller must be allowed on each identity that it names, as Managed Identity Operator is. */
const ASSIGN_ACTION = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'

/** The schema of `identity` in the body of a PUT or PATCH. */
export const MACHINE_IDENTITY_SCHEMA = {
  type: ['object', 'null'],
  properties: {
    type: { type: 'string', pattern: '^ *[Ss]ystem[Aa]ssigned *(, *[Uu]ser[Aa]ssigned *)?$' },
    userAssignedIdentities: {
      type: ['object', 'null'],
      maxProperties: 100,
      additionalProperties: {
        type: ['object', 'null'],
        properties: { principalId: {}, clientId: {} },
        additionalProperties: NOTHING_ELSE,
      },
    },
    ...{ principalId: {}, tenantId: {} },
  },
  additionalProperties: NOTHING_ELSE,
} as const

/** `identity` as that schema lets it through. */
export interface MachineIdentityBody {
  type?: string
  userAssignedIdentities?: Readonly<Record<string, object | null>> | null
}

/** What is to become of a machine's user-assigned identities. */
export interface MachineIdentityChange {
  /** ARM ids, as they were written. */
  assign: readonly string[]
  unassign: readonly string[]
  /** Whether those that are not named are taken away. */
  replace: boolean
}

/**
 * What `body` asks for. A PUT that names user-assigned identities names all that shall be, a PATCH what shall
 * change; in both null takes one away, and a type without "UserAssigned" takes all.
 *
 * @throws {ArmError} `InvalidRequestContent` if it contradicts itself.
 */
export function readMachineIdentity(
  method: 'PUT' | 'PATCH',
  body: MachineIdentityBody | null | undefined,
): MachineIdentityChange {
  const { type, userAssignedIdentities } = body ?? {}
  const named = Object.entries(userAssignedIdentities ?? {})
  const assign = named.filter(([, value]) => value !== null).map(([id]) => id)
  const unassign = named.filter(([, value]) => value === null).map(([id]) => id)
  const onlySystem = type !== undefined && !/user/i.test(type)
  if (onlySystem && assign.length > 0) {
    const detail = 'the identity type must be "SystemAssigned, UserAssigned" where identities are assigned'
    throw new ArmError('InvalidRequestContent', { detail })
  }
  const isWhole = method === 'PUT' && userAssignedIdentities !== undefined
  return { assign, unassign, replace: onlySystem || isWhole }
}

/**
 * Throws unless the caller may assign each identity that `change` names to the machine with this ARM id.
 *
 * @throws {IdentityError} `LinkedAuthorizationFailed`.
 */
export async function checkIdentityAssignment(
  { allows, caller }: Pick<ArmRequest, 'allows' | 'caller'>,
  { assign }: MachineIdentityChange,
  machineId: string,
): Promise<void> {
  const allowed = await Promise.all(assign.map((id) => allows(ASSIGN_ACTION, id)))
  const refused = assign.filter((_, index) => !allowed[index])
  if (refused.length === 0) return
  throw new IdentityError('LinkedAuthorizationFailed', {
    clientId: caller.clientId,
    objectId: caller.principalId,
    action: 'Microsoft.HybridCompute/machines/write',
    scope: machineId,
    linkedAction: ASSIGN_ACTION,
    linkedScopes: refused.join(','),
  })
}

/**
 * Does `change` to a machine.
 *
 * @throws {IdentityError} `FailedIdentityOperation` if one to be assigned is not there.
 */
export async function changeMachineIdentities(
  trx: Transaction<Schema>,
  request: Pick<ArmRequest, 'audit'>,
  {
    machine,
    change,
  }: { machine: Pick<Identity, 'principalId' | 'resourceId'>; change: MachineIdentityChange },
): Promise<void> {
  const wanted = await knownIdentities(trx, change.assign)
  const kept = await assignedIdentities(trx, machine.principalId)
  const leaving = kept.filter((one) => isLeaving(one, { change, wanted }))
  const coming = wanted.filter((one) => !includes(kept, one))
  for (const { principalId } of leaving) {
    await unassignIdentity(trx, { machinePrincipalId: machine.principalId, identityPrincipalId: principalId })
  }
  for (const { principalId } of coming) {
    await assignIdentity(trx, { machinePrincipalId: machine.principalId, identityPrincipalId: principalId })
  }
  const { resourceId } = machine
  await recordAudit(trx, [
    ...leaving.map(({ principalId }) => request.audit('unassign-identity', { principalId, resourceId })),
    ...coming.map(({ principalId }) => request.audit('assign-identity', { principalId, resourceId })),
  ])
}

function isLeaving(
  one: Identity,
  { change, wanted }: { change: MachineIdentityChange; wanted: readonly Identity[] },
): boolean {
  if (includes(wanted, one)) return false
  return change.replace || change.unassign.map(keyOf).includes(keyOf(one.resourceId))
}

function includes(identities: readonly Identity[], { principalId }: Identity): boolean {
  return identities.some((one) => one.principalId === principalId)
}

/** The identities with these ids; one that was written in two ways is there once. */
async function knownIdentities(trx: Transaction<Schema>, ids: readonly string[]): Promise<Identity[]> {
  const known = new Map<string, Identity>()
  for (const id of ids) {
    const found = await findUserIdentity(trx, keyOf(id))
    if (!found) throw new IdentityError('FailedIdentityOperation', { id })
    known.set(found.identity.principalId, found.identity)
  }
  return [...known.values()]
}

/** Ids may be written in any case, and with a slash at the end. */
function keyOf(id: string): string {
  return parseScope(id)?.key ?? id.toLowerCase()
}

/** `identity` of a machine as an answer shows it. */
export function formatMachineIdentity({
  principalId,
  tenantId,
  userAssigned,
}: Pick<Identity, 'principalId' | 'tenantId'> & { userAssigned: readonly Identity[] }): object {
  const systemAssigned = { type: 'SystemAssigned', principalId, tenantId }
  if (userAssigned.length === 0) return systemAssigned
  const userAssignedIdentities = Object.fromEntries(
    userAssigned.map((one) => [one.resourceId, { principalId: one.principalId, clientId: one.clientId }]),
  )
  return { ...systemAssigned, type: 'SystemAssigned, UserAssigned', userAssignedIdentities }
}

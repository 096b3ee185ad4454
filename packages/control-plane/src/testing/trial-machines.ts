/**
 * Machines that are simply there, without a proof or a server: for tests and benches of what comes after. It writes
 * them as enrolment does. Not published.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { isRefusal } from '../onboarding/onboarding-error.ts'
import { checkPlace, type Machine, type MachinePlace } from '../registry/machine.ts'
import { changePrincipalState, endMachine } from '../registry/machine-end.ts'
import { certifyKey, readMachineKey } from '../registry/machine-public-key.ts'
import { findMachine } from '../registry/machine-resource.ts'
import { insertMachine, newMachineIdentity } from '../registry/new-machine.ts'
import { createSharedChanges, type ShareChange } from '../storage/shared-changes.ts'
import type { Storage } from '../storage/storage.ts'

/** A machine to be made. */
export interface MachineRegistration {
  name: string
  /** SPKI in PEM. */
  publicKey: string
  /** Default "landfast". */
  resourceGroup?: string
  /** Default "local". */
  location?: string
}

/** What a machine is given. */
export interface RegisteredMachine {
  identity: Identity
  /** Over the machine's own key, PEM. */
  certificate: string
}

/** Every change is durable, and in the audit trail, before its promise resolves. Ids are matched without case. */
export interface TrialMachines {
  /** @throws {RegistryError} if the name is taken, or the key is or ever was some machine's. */
  registerMachine(registration: MachineRegistration): Promise<RegisteredMachine>
  findMachine(resourceId: string): Promise<Machine | undefined>
  disableMachine(resourceId: string): Promise<void>
  deleteMachine(resourceId: string): Promise<void>
}

/** What they are made with. */
export interface TrialMachineParts {
  storage: Storage
  certificates: CertificateAuthority
  tenantId: string
  subscriptionId: string
  now: () => Date
}

/** The machines of one tenant. */
export function createTrialMachines(parts: TrialMachineParts): TrialMachines {
  let shared: { storage: Storage; change: ShareChange } | undefined
  // The storage is another after a restart.
  const shareChange: ShareChange = (work) => {
    const { storage } = parts
    if (shared?.storage !== storage) shared = { storage, change: createSharedChanges(storage, isRefusal) }
    return shared.change(work)
  }
  return {
    registerMachine: (registration) => registerMachine({ ...parts, shareChange }, registration),
    findMachine: (resourceId) => findMachine(parts.storage.db, resourceId),
    disableMachine: (resourceId) => endTokens(parts, 'disable', resourceId),
    deleteMachine: (resourceId) => endTokens(parts, 'delete', resourceId),
  }
}

async function registerMachine(
  parts: TrialMachineParts & { shareChange: ShareChange },
  registration: MachineRegistration,
): Promise<RegisteredMachine> {
  const { name, resourceGroup = 'landfast', location = 'local', publicKey } = registration
  const place: MachinePlace = { subscriptionId: parts.subscriptionId, resourceGroup, name, location }
  checkPlace(place)
  const identity = newMachineIdentity(parts.tenantId, place)
  const key = await certifyKey(parts.certificates, readMachineKey(publicKey), identity.clientId)
  const time = parts.now()
  await parts.shareChange(async (trx) => {
    await insertMachine(trx, { place, identity, key, time })
    await recordAudit(trx, [unaskedEntry('register-machine', time, identity)])
  })
  return { identity, certificate: key.certificate }
}

async function endTokens(
  { storage, now }: TrialMachineParts,
  verb: 'disable' | 'delete',
  resourceId: string,
): Promise<void> {
  const time = now()
  await storage.change(async (trx) => {
    const machine = await findMachine(trx, resourceId)
    if (!machine) throw new Error(`no machine at ${resourceId}`)
    const { identity } = machine
    const { principalId } = identity
    if (verb === 'delete') await endMachine(trx, principalId, time)
    else await changePrincipalState(trx, principalId, { state: 'disabled', time })
    await recordAudit(trx, [unaskedEntry(`${verb}-machine`, time, identity)])
  })
}

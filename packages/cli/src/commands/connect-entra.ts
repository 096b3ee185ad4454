/**
 * `landfast connect --authority entra`: makes this host an application of Entra ID, by a key that is made here or by a
 * user-assigned identity of its control plane, and prints the commands that make the application trust it.
 *
 * @see docs/entra.md
 * @module
 */

import { hostname } from 'node:os'
import {
  type EntraRegistration,
  findEntraRegistration,
  findRegistration,
  readEntraRegistration,
} from '@landfast/agent'
import {
  type CertificateProof,
  type EntraKey,
  findAssigned,
  selfSigned,
  writeEntraRegistration,
} from '@landfast/agent/entra'
import { newMachineKey, readPresence } from '@landfast/agent/upstream'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { explainState } from '../files/state-failure.ts'
import {
  type EntraFlags,
  type EntraTarget,
  readEntraTarget,
  readFederatedIdentity,
} from '../machine/entra-target.ts'
import { holdMachineFolder } from '../machine/machine-folder.ts'
import { startAgentService, withoutAgentService } from '../service/agent-service.ts'
import { keepProxy, type ProxyFlags, proxyTexts } from '../settings/proxy-settings.ts'
import { printNote } from '../terminal.ts'
import { announceEntra } from './entra-announcement.ts'

/** The flags of the command, as commander reads them. */
export interface ConnectEntraFlags extends EntraFlags, ProxyFlags {
  stateDir: string
  json?: true
}

/** Long enough not to be a chore, short enough for tenants that forbid long ones; see "check". */
const CERTIFICATE_DAYS = 365

/** Connects this host, or makes its next certificate. */
export async function connectEntra(flags: ConnectEntraFlags): Promise<number> {
  const identity = readFederatedIdentity(flags)
  if (flags.rotate && identity !== undefined) {
    throw new CliError('argument_invalid', { detail: '--rotate and --federated-identity exclude each other' })
  }
  const target = flags.rotate ? undefined : await readEntraTarget(flags)
  const registration = await withoutAgentService(flags.stateDir, () =>
    asOwnerOf(flags.stateDir, () => change(flags, target, identity)),
  )
  const isServed = await startAgentService(flags.stateDir)
  await announceEntra(flags, registration)
  if (isServed && !flags.rotate) printNote('the agent serves its tokens from then on')
  return 0
}

async function change(
  { stateDir, ...flags }: ConnectEntraFlags,
  target: EntraTarget | undefined,
  identity: string | undefined,
): Promise<EntraRegistration> {
  const folder = await holdMachineFolder(stateDir)
  try {
    if (!target) return await rotate(stateDir)
    await refuseConnected(stateDir, target)
    const proof = identity === undefined ? await newProof() : await federationProof(stateDir, identity)
    const proxy = keepProxy(proxyTexts(flags))
    const registration: EntraRegistration = { ...target, proof, ...(proxy && { proxy }) }
    await writeEntraRegistration(stateDir, registration)
    return registration
  } catch (error) {
    throw explainState(error, stateDir)
  } finally {
    folder.release()
  }
}

async function refuseConnected(stateDir: string, { clientId }: EntraTarget): Promise<void> {
  const known = await findEntraRegistration(stateDir)
  if (known) {
    const hints = [
      'for another certificate, add --rotate',
      'for another application, run "landfast disconnect --authority entra" first',
    ]
    throw new CliError('already_connected', { detail: `application ${known.clientId} of Entra ID`, hints })
  }
  const machine = await findRegistration(stateDir)
  if (machine?.identity.clientId === clientId) {
    throw new CliError('argument_invalid', {
      detail: `${clientId} is the client id of this machine at its control plane; --client-id is that of the application in Entra ID`,
    })
  }
}

/** Once there is a next certificate, the same one is told again: who lost the commands has not lost the key. */
async function rotate(stateDir: string): Promise<EntraRegistration> {
  const registration = await readEntraRegistration(stateDir)
  const { proof } = registration
  if (proof.kind !== 'certificate') {
    throw new CliError('argument_invalid', {
      detail: 'this machine proves itself by a user-assigned identity and has no certificate to replace',
    })
  }
  if (proof.next) return registration
  const { privateKey, certificate, registeredAt } = await newProof()
  const rotated = { ...registration, proof: { ...proof, next: { privateKey, certificate, registeredAt } } }
  await writeEntraRegistration(stateDir, rotated)
  return rotated
}

async function newProof(): Promise<CertificateProof> {
  const now = new Date()
  return { kind: 'certificate', ...(await newKey(now)), registeredAt: now.toISOString() }
}

async function newKey(now: Date): Promise<EntraKey> {
  const privateKey = await newMachineKey()
  const commonName = `landfast ${hostname()}`.slice(0, 64)
  return {
    privateKey,
    certificate: await selfSigned({ privateKey, commonName, now, days: CERTIFICATE_DAYS }),
  }
}

/** The control plane has to have told this machine of the identity. */
async function federationProof(stateDir: string, wanted: string): Promise<EntraRegistration['proof']> {
  if (!(await findRegistration(stateDir))) {
    throw new CliError('argument_invalid', {
      detail: '--federated-identity needs a control plane, and this machine is connected to none',
      hints: ['connect it first: landfast connect --join-token-file FILE'],
    })
  }
  const found = findAssigned((await readPresence(stateDir))?.identities ?? [], wanted)
  if (found) return { kind: 'federation', identity: found.resourceId }
  throw new CliError('argument_invalid', {
    detail: `this machine does not have the identity "${wanted}", or has not heard of it yet`,
    hints: [
      'assign it with "landfast identity assign"; the next heartbeat tells the machine, within five minutes',
    ],
  })
}

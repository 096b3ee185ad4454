/**
 * `landfast connect --authority entra`: makes this host an application of Entra ID, by a key that is made here or by a
 * user-assigned identity of its control plane, and prints the commands that make the application trust it.
 *
 * @see docs/entra.md
 * @module
 */

import { AgentError, type EntraRegistration, findEntraRegistration, findRegistration } from '@landfast/agent'
import { type CertificateProof, writeEntraRegistration } from '@landfast/agent/entra'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { startAgentService, withoutAgentService } from '../installation/agent-service.ts'
import { type CertificateWish, certificateProof, federationProof } from '../machine/entra-proof.ts'
import {
  type EntraFlags,
  type EntraTarget,
  readEntraTarget,
  readFederatedIdentity,
  refuseContradictions,
} from '../machine/entra-target.ts'
import { adminNeeded, explainMachineFolder, holdMachineFolder } from '../machine/machine-folder.ts'
import { keepProxy, type ProxyFlags, proxyTexts, readProxies } from '../settings/proxy-settings.ts'
import { printNote } from '../terminal.ts'
import { announceEntra } from './entra-announcement.ts'

/** The flags of the command, as commander reads them. */
export interface ConnectEntraFlags extends EntraFlags, ProxyFlags {
  stateDir: string
  json?: true
}

/** Connects this host, or makes its next certificate. */
export async function connectEntra(flags: ConnectEntraFlags): Promise<number> {
  const { stateDir } = flags
  refuseContradictions(flags)
  const target = flags.rotate ? undefined : await readEntraTarget(flags)
  // Before the service is stopped: while the control plane is asked, the agent goes on.
  const change = await asOwnerOf(stateDir, () => prepare(flags, target))
  const registration = await withoutAgentService(stateDir, () =>
    asOwnerOf(stateDir, () => inFolder(stateDir, change)),
  )
  const isServed = await startAgentService(stateDir)
  await announceEntra(flags, registration)
  if (isServed && !flags.rotate) printNote('the agent serves its tokens from then on')
  return 0
}

/** What is to be done in the folder while nobody else changes it. */
type Change = () => Promise<EntraRegistration>

/** What needs no lock is done first; what it found is looked at again under the lock. */
async function prepare(flags: ConnectEntraFlags, target: EntraTarget | undefined): Promise<Change> {
  try {
    return await (target ? prepareApplication(flags, target) : prepareRotation(flags))
  } catch (error) {
    // That of a control plane may have a cause that would pass for the folder's.
    if (error instanceof CliError) throw error
    const isForbidden = error instanceof AgentError && error.code === 'registration_forbidden'
    throw isForbidden ? adminNeeded(flags.stateDir, error) : explainMachineFolder(error, flags.stateDir)
  }
}

async function inFolder(stateDir: string, change: Change): Promise<EntraRegistration> {
  const folder = await holdMachineFolder(stateDir)
  try {
    return await change()
  } catch (error) {
    throw explainMachineFolder(error, stateDir)
  } finally {
    folder.release()
  }
}

async function prepareApplication(flags: ConnectEntraFlags, target: EntraTarget): Promise<Change> {
  const { stateDir, certificateFrom: issuer = 'self-signed' } = flags
  await refuseConnected(stateDir, target)
  const identity = readFederatedIdentity(flags)
  const applicationId = target.clientId
  const proof =
    identity === undefined
      ? await certificateProof({ stateDir, issuer, applicationId, proxiesTo: proxiesBy(flags) })
      : await federationProof(stateDir, identity)
  const proxy = keepProxy(proxyTexts(flags))
  return async () => {
    await refuseConnected(stateDir, target)
    const registration: EntraRegistration = { ...target, proof, ...(proxy && { proxy }) }
    await writeEntraRegistration(stateDir, registration)
    return registration
  }
}

/** The control plane is reached as the machine was connected to it, unless a flag says otherwise. */
function proxiesBy(flags: ProxyFlags): CertificateWish['proxiesTo'] {
  return ({ proxy: kept }) => readProxies(flags, { kept })
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

/**
 * The next certificate is by who made the last one, unless a flag names another. Once there is one, the same is told
 * again: who lost the commands has not lost the key.
 */
async function prepareRotation(flags: ConnectEntraFlags): Promise<Change> {
  const { stateDir } = flags
  const { clientId: applicationId, proof } = await readCertified(stateDir)
  const { issuer: last = 'self-signed' } = proof.next ?? proof
  const issuer = flags.certificateFrom ?? last
  if (proof.next && issuer === last) return () => readCertified(stateDir)
  const made = await certificateProof({ stateDir, issuer, applicationId, proxiesTo: proxiesBy(flags) })
  return async () => {
    const known = await readCertified(stateDir)
    // Another command, or the agent, was quicker: what it has is not thrown away.
    if (known.proof.next?.certificate !== proof.next?.certificate) return known
    const { kind: _, ...next } = made
    const rotated = { ...known, proof: { ...known.proof, next } }
    await writeEntraRegistration(stateDir, rotated)
    return rotated
  }
}

/** The application, if there is one and a certificate proves it. @throws {CliError} `argument_invalid`, or of the file. */
async function readCertified(stateDir: string): Promise<EntraRegistration & { proof: CertificateProof }> {
  const known = await findEntraRegistration(stateDir)
  if (!known) {
    throw new CliError('argument_invalid', {
      detail: '--rotate replaces a certificate, and this machine is no application of Entra ID',
      hints: ['connect it first, without --rotate, or name the right folder with --state-dir'],
    })
  }
  const { proof, ...application } = known
  if (proof.kind === 'certificate') return { ...application, proof }
  throw new CliError('argument_invalid', {
    detail: 'this machine proves itself by a user-assigned identity and has no certificate to replace',
  })
}

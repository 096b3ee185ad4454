/**
 * `landfast disconnect`: deletes this machine at its control plane, and then its state on this host.
 *
 * @see docs/connect.md#disconnect
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { findEntraRegistration, findRegistration, type Registration, removeTokenFiles } from '@landfast/agent'
import type { CertificateProof } from '@landfast/agent/entra'
import { forgetMachine, removePublicMachine } from '@landfast/agent/upstream'
import { CliError } from '../cli-error.ts'
import { createControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { type CredentialFlags, readCredential } from '../control-plane/credential-flags.ts'
import { readTrust, type Trust } from '../control-plane/trusted-ca.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { startAgentService, withoutAgentService } from '../installation/agent-service.ts'
import { originOf } from '../machine/connect-target.ts'
import { holdMachineFolder } from '../machine/machine-folder.ts'
import { deleteMachine } from '../machine/machine-resource.ts'
import { publicFileOf } from '../settings/agent-settings.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { printNote, printResult } from '../terminal.ts'
import { announceApplication, disconnectEntra, forgetApplication } from './disconnect-entra.ts'

/** The flags of the command, as commander reads them. */
export interface DisconnectFlags extends CredentialFlags, ProxyFlags {
  stateDir: string
  publicFile?: string
  tenantId?: string
  url?: string
  caFile?: string
  useSystemCa?: true
  forceLocalOnly?: true
  authority?: 'control-plane' | 'entra'
  json?: true
}

/** By which right the machine is deleted at its control plane, if anything says so. */
type Rights = Awaited<ReturnType<typeof readCredential>>

/** Disconnects this host; a second time there is nothing left to do. */
export async function disconnect(flags: DisconnectFlags): Promise<number> {
  if (flags.authority === 'entra') return await disconnectEntra(flags)
  const rights = flags.forceLocalOnly ? undefined : await readCredential(flags, process.env)
  const code = await withoutAgentService(flags.stateDir, () =>
    asOwnerOf(flags.stateDir, () => forget(flags, rights)),
  )
  await goOnAlone(flags)
  return code
}

/** What is left of an application goes on without the control plane, if it can. */
async function goOnAlone({ stateDir }: DisconnectFlags): Promise<void> {
  const left = await asOwnerOf(stateDir, () => findEntraRegistration(stateDir).catch(() => undefined))
  if (left?.proof.kind === 'certificate') {
    await startAgentService(stateDir)
    adviseOfIssuer(left.proof)
  } else if (left) {
    printNote('this machine is still an application of Entra ID, which only the control plane proved;')
    printNote('end that too: landfast disconnect --authority entra')
  }
}

/** What the next certificate is to come from is said now, while the present one is good for long. */
function adviseOfIssuer({ issuer, certificate }: CertificateProof): void {
  if (issuer !== 'control-plane') return
  const end = new X509Certificate(certificate).validToDate.toISOString()
  printNote(
    `the control plane has signed the certificate for Entra ID, which is good until ${end} all the same;`,
  )
  printNote('the next one: landfast connect --authority entra --rotate --certificate-from self-signed')
}

async function forget(flags: DisconnectFlags, rights: Rights): Promise<number> {
  const folder = await holdMachineFolder(flags.stateDir)
  try {
    const registration = await findMachine(flags)
    const deletesThere = registration !== undefined && !flags.forceLocalOnly
    if (deletesThere) await deleteThere(flags, registration, rights)
    for (const reason of await removeTokenFiles(flags.stateDir)) printNote(`a token file stays: ${reason}`)
    await forgetMachine(flags.stateDir)
    const application = flags.authority ? undefined : await forgetApplication(flags)
    const publicFile = publicFileOf(flags.stateDir, flags.publicFile)
    if (publicFile !== undefined) await removePublicMachine(publicFile).catch(() => {})
    if (!application || registration) announce(registration, deletesThere, flags.json === true)
    if (application) announceApplication(application, flags.json === true && !registration)
    return 0
  } finally {
    folder.release()
  }
}

/** What cannot be read is no reason to keep it, if it is only to be forgotten. */
async function findMachine({ stateDir, forceLocalOnly }: DisconnectFlags): Promise<Registration | undefined> {
  const finding = findRegistration(stateDir)
  return forceLocalOnly ? await finding.catch(() => undefined) : await finding
}

async function deleteThere(
  flags: DisconnectFlags,
  registration: Registration,
  credential: Rights,
): Promise<void> {
  const { authority, identity } = registration
  if (!credential) {
    throw new CliError('argument_missing', {
      detail: 'nothing says by which right the machine is deleted at its control plane',
      hints: [
        'give --service-principal-id with --service-principal-secret-file, or --access-token-file',
        'or forget it on this side alone: landfast disconnect --force-local-only',
      ],
    })
  }
  const client = await createControlPlaneClient({
    url: flags.url === undefined ? new URL(authority).origin : originOf(flags.url),
    ...(await trustOf(flags, registration)),
    proxies: await readProxies(flags, { kept: registration.proxy }),
    tenantId: flags.tenantId ?? identity.tenantId,
    credential,
  })
  try {
    printNote(`deleting ${identity.resourceId}`)
    if (!(await deleteMachine(client, identity))) printNote('it was deleted there already')
  } finally {
    client.close()
  }
}

/** What the machine was connected by, unless a flag says otherwise. */
async function trustOf(flags: DisconnectFlags, { ca, usesSystemCa = false }: Registration): Promise<Trust> {
  const trust = await readTrust(flags)
  return { ca: trust.ca ?? ca, usesSystemCa: trust.usesSystemCa || usesSystemCa }
}

function announce(registration: Registration | undefined, deletesThere: boolean, json: boolean): void {
  const { resourceId } = registration?.identity ?? {}
  if (json) printResult(JSON.stringify({ resourceId, deleted: deletesThere }))
  else if (resourceId === undefined) printResult('this machine was not connected')
  else printResult(`disconnected: ${resourceId}`)
  if (resourceId !== undefined && !deletesThere) {
    const name = resourceId.slice(resourceId.lastIndexOf('/') + 1)
    printNote(
      `at its control plane the machine is still there, and its name is taken; an administrator deletes it`,
    )
    printNote(
      `with "landfast machine delete ${name}", or has it back with "landfast join-token create --replace ${name}"`,
    )
  }
}

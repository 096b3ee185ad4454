/**
 * `landfast disconnect --authority entra`: forgets the application of Entra ID that this host is. At Entra ID nothing
 * changes: what the application trusts, its administrator takes away.
 *
 * @see docs/entra.md#disconnect
 * @module
 */

import { X509Certificate } from 'node:crypto'
import {
  type EntraRegistration,
  findEntraRegistration,
  findRegistration,
  removeTokenFiles,
} from '@landfast/agent'
import { removeEntraRegistration } from '@landfast/agent/entra'
import { asOwnerOf } from '../files/as-owner.ts'
import { startAgentService, withoutAgentService } from '../installation/agent-service.ts'
import { holdMachineFolder } from '../machine/machine-folder.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags that count. */
interface EntraDisconnectFlags {
  stateDir: string
  forceLocalOnly?: true
  json?: true
}

/** Disconnects this host from Entra ID alone; a second time there is nothing left to do. */
export async function disconnectEntra(flags: EntraDisconnectFlags): Promise<number> {
  const application = await withoutAgentService(flags.stateDir, () =>
    asOwnerOf(flags.stateDir, async () => {
      const folder = await holdMachineFolder(flags.stateDir)
      try {
        return await forgetApplication(flags)
      } finally {
        folder.release()
      }
    }),
  )
  const isMachine = await asOwnerOf(flags.stateDir, () =>
    findRegistration(flags.stateDir).catch(() => undefined),
  )
  if (isMachine) await startAgentService(flags.stateDir)
  else await asOwnerOf(flags.stateDir, () => removeFiles(flags.stateDir))
  if (application) announceApplication(application, flags.json === true)
  else printResult(flags.json ? '{}' : 'this machine was no application of Entra ID')
  return 0
}

/** Without an agent nobody else takes the tokens away that lie in files. */
async function removeFiles(stateDir: string): Promise<void> {
  for (const reason of await removeTokenFiles(stateDir)) printNote(`a token file stays: ${reason}`)
}

/** Forgets it in a folder that is held. What cannot be read is no reason to keep it, if it is only to be forgotten. */
export async function forgetApplication({
  stateDir,
  forceLocalOnly,
}: EntraDisconnectFlags): Promise<EntraRegistration | undefined> {
  const finding = findEntraRegistration(stateDir)
  const application = await (forceLocalOnly ? finding.catch(() => undefined) : finding)
  await removeEntraRegistration(stateDir)
  return application
}

/** Tells what is left to do at Entra ID. */
export function announceApplication({ clientId, proof }: EntraRegistration, json: boolean): void {
  if (json) printResult(JSON.stringify({ clientId }))
  else printResult(`disconnected from Entra ID: application ${clientId}`)
  if (proof.kind === 'federation') {
    printNote(
      `its federated credential stays, since other machines may use it: az ad app federated-credential list --id ${clientId}`,
    )
    return
  }
  // While one follows another, the application may have each of them.
  const thumbprints = [proof, proof.next, proof.former]
    .filter((key) => key !== undefined)
    .map(({ certificate }) => new X509Certificate(certificate).fingerprint.replaceAll(':', ''))
  const each = thumbprints.length > 1 ? 'certificates' : 'certificate'
  printNote(
    `Entra ID still takes the key of this machine from any holder of a copy; az ad app credential list --cert --id ${clientId}`,
  )
  printNote(
    `names the ${each} ${thumbprints.join(', ')}; take away what is there: az ad app credential delete --cert --id ${clientId} --key-id KEY_ID`,
  )
  if (proof.issuer === 'control-plane') {
    printNote('the control plane, whose CA has signed its certificate, does not revoke that at Entra ID')
  }
}

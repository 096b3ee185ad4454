/**
 * Tells what was made of this machine in Entra ID, and the commands that make the application trust it.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import { type EntraRegistration, findRegistration, type Registration } from '@landfast/agent'
import { type EntraKey, findAssigned } from '@landfast/agent/entra'
import { readPresence } from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { asOwnerOf } from '../files/as-owner.ts'
import { certificateCommands, type EntraCommands, federationCommands } from '../machine/entra-commands.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints it. The commands are the result, so that they can be kept or piped; what they are for is a note. */
export async function announceEntra(
  flags: ProxyFlags & { stateDir: string; json?: true },
  registration: EntraRegistration,
): Promise<void> {
  const { tenantId, clientId, cloud, proof } = registration
  const key = proof.kind === 'certificate' ? (proof.next ?? proof) : undefined
  const commands = key
    ? certificateCommands(registration, key.certificate, `landfast-${hostname()}`)
    : await asOwnerOf(flags.stateDir, () => federation(flags, registration))
  if (flags.json)
    printResult(JSON.stringify({ tenantId, clientId, cloud, ...(key && described(key)), commands }))
  else printCommands(registration, commands)
}

function described({ certificate, issuer = 'self-signed' }: EntraKey): object {
  const { validToDate, fingerprint256 } = new X509Certificate(certificate)
  return {
    certificate,
    certificateFrom: issuer,
    certificateEnd: validToDate.toISOString(),
    thumbprint: fingerprint256.replaceAll(':', ''),
  }
}

function printCommands({ clientId, proof }: EntraRegistration, { az, graph }: EntraCommands): void {
  const isCertificate = proof.kind === 'certificate'
  const isNext = isCertificate && proof.next !== undefined
  const what = isNext
    ? `the application ${clientId} gets the next certificate of this machine, which goes on with the present one until then`
    : `this machine is the application ${clientId} as soon as that ${isCertificate ? 'has its certificate' : 'trusts its identity'}`
  printNote(`${what}; a person who may change the application runs:`)
  for (const line of az) printResult(line)
  printNote(
    isCertificate
      ? 'or by Microsoft Graph, which puts this certificate in the place of all that the application has:'
      : 'or by Microsoft Graph:',
  )
  for (const line of graph) printNote(`  ${line}`)
  if (proof.kind === 'certificate' && (proof.next ?? proof).issuer === 'control-plane') {
    printNote('the CA of the control plane has signed the certificate; the application needs it all the same')
  }
  printNote('Entra ID may need some minutes to learn of it; "landfast check" shows whether it does')
}

/** Named after the identity, since one credential serves every machine that has it. */
async function federation(
  flags: ProxyFlags & { stateDir: string },
  registration: EntraRegistration,
): Promise<EntraCommands> {
  const { stateDir } = flags
  const { proof } = registration
  const resourceId = proof.kind === 'federation' ? proof.identity : ''
  const machine = await findRegistration(stateDir)
  const found = findAssigned((await readPresence(stateDir))?.identities ?? [], resourceId)
  const name = `landfast-${resourceId.slice(resourceId.lastIndexOf('/') + 1)}`
  const issuer =
    (machine && (await issuerOf(machine, await readProxies(flags, { kept: machine.proxy })))) ?? 'ISSUER'
  return federationCommands(registration, { name, issuer, subject: found?.principalId ?? 'SUBJECT' })
}

/** As the control plane says it itself; undefined if it does not answer. */
async function issuerOf(machine: Registration, proxies: Proxies): Promise<string | undefined> {
  const { createHttpsClient } = await import('@landfast/agent/upstream')
  const client = createHttpsClient(machine.ca, machine.usesSystemCa, proxies)
  try {
    const url = `${machine.authority}/.well-known/openid-configuration`
    const { body } = await client.send(url, { signal: AbortSignal.timeout(10_000) })
    return typeof body?.issuer === 'string' ? body.issuer : undefined
  } catch {
    printNote('the control plane did not answer: put its issuer in the place of ISSUER')
    return undefined
  } finally {
    client.close()
  }
}

/**
 * The machine of a site: the one whose registration the folder holds, or a new one, which enrols with the control plane of
 * this process.
 *
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Registration } from '@landfast/agent'
import type { ControlPlane } from '@landfast/control-plane'
import { type Enrolment, type Identity, ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { machineName, NAME_MAX_CHARACTERS } from '../machine/machine-name.ts'

/** Of a site's only machine. */
const RESOURCE_GROUP = 'landfast'

/** Starts the control plane, and enrols this machine with it if the folder holds no registration yet. */
export async function register(folder: string, controlPlane: ControlPlane): Promise<Registration> {
  const { writeRegistration } = await import('@landfast/agent')
  const kept = readKept(folder)
  // A key takes as long to make as everything else together, so it is made meanwhile.
  const newKey = kept.then(async (registration) => (registration ? undefined : await makeKey()))
  const [registration, privateKey] = await Promise.all([kept, newKey, controlPlane.start()])
  if (registration) return await checkKept(registration, controlPlane, folder)
  const made = await enrolHere(controlPlane, privateKey ?? (await makeKey()))
  await writeRegistration(folder, made)
  return made
}

/** `kept` with the control plane's present address, if it is that one's. */
async function checkKept(
  kept: Registration,
  controlPlane: ControlPlane,
  folder: string,
): Promise<Registration> {
  const { identity } = kept
  const machine = await controlPlane.findMachine(identity.resourceId)
  const ca = await readFile(controlPlane.caFile, 'utf8')
  if (machine?.identity.clientId === identity.clientId && kept.ca === ca) {
    return { ...kept, authority: authorityOf(controlPlane, identity) }
  }
  throw new CliError('registration_foreign', {
    detail: folder,
    hints: [
      'restore the folder "control-plane" beside it if you have a copy',
      `or remove "${join(folder, 'registration.json')}" to register this machine anew; it gets another identity`,
    ],
  })
}

/** The port may be another one at every start. */
function authorityOf(controlPlane: ControlPlane, { tenantId }: Identity): string {
  return `${controlPlane.url}/${tenantId}`
}

async function readKept(folder: string): Promise<Registration | undefined> {
  const { AgentError, readRegistration } = await import('@landfast/agent')
  try {
    return await readRegistration(folder)
  } catch (error) {
    if (error instanceof AgentError && error.code === 'registration_missing') return undefined
    throw error
  }
}

async function makeKey(): Promise<string> {
  const { newMachineKey } = await import('@landfast/agent/upstream')
  return newMachineKey()
}

async function enrolHere(controlPlane: ControlPlane, privateKey: string): Promise<Registration> {
  const { provableKeyOf } = await import('@landfast/agent/upstream')
  const { publicKey, signProof } = provableKeyOf(privateKey)
  const joinTokenSecret = parseJoinToken(await controlPlane.makeJoinToken(RESOURCE_GROUP))?.secret ?? ''
  const vmId = randomUUID()
  const url = controlPlane.url + ONBOARDING_PATH.enrol
  const enrol = (name: string): Promise<Enrolment> => {
    const proof = signProof({ url, nowSeconds: Math.floor(Date.now() / 1000) })
    return controlPlane.enrol({ joinTokenSecret, name, vmId, publicKey, proof })
  }
  const name = machineName(hostname())
  const { authority, identity, certificate } = await enrol(name).catch((error) => {
    if (error.code !== 'MachineExists') throw error
    // A crash came between this machine's enrolment and its being written down: that one is lost.
    return enrol(otherName(name))
  })
  // A client of the Resource Manager, such as az, signs in only where there is a subscription that it may see.
  await controlPlane.makeReader(identity.principalId)
  return { authority, identity, certificate, privateKey, ca: await readFile(controlPlane.caFile, 'utf8') }
}

function otherName(name: string): string {
  const suffix = `-${randomBytes(3).toString('hex')}`
  return name.slice(0, NAME_MAX_CHARACTERS - suffix.length) + suffix
}

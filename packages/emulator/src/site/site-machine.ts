/**
 * The machine of a site: the one whose registration the folder holds, or a new one, which enrols with the control plane of
 * this process.
 *
 * @module
 */

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError, type Registration, readRegistration, writeRegistration } from '@landfast/agent'
import { provableKeyOf } from '@landfast/agent/upstream'
import type { ControlPlane } from '@landfast/control-plane'
import { type Enrolment, type Identity, ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { EmulatorError } from '../emulator-error.ts'
import { trueSeconds } from '../true-clock.ts'

/** A machine's name has no more characters at Azure. */
const NAME_MAX_CHARACTERS = 54

/** Of a site's only machine. */
const RESOURCE_GROUP = 'landfast'

/** What tells a machine from others. */
interface MachinePlace {
  folder: string
  machineName: string
}

/** Starts the control plane, and enrols this machine with it if the folder holds no registration yet. */
export async function register(
  { folder, machineName }: MachinePlace,
  controlPlane: ControlPlane,
): Promise<Registration> {
  const [kept] = await Promise.all([readKept(folder), controlPlane.start()])
  if (kept) return await checkKept(kept, controlPlane, folder)
  const made = await enrolHere(controlPlane, machineName)
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
  throw new EmulatorError('registration_foreign', `"${join(folder, 'registration.json')}"`)
}

/** The port may be another one at every start. */
function authorityOf(controlPlane: ControlPlane, { tenantId }: Identity): string {
  return `${controlPlane.url}/${tenantId}`
}

async function readKept(folder: string): Promise<Registration | undefined> {
  try {
    return await readRegistration(folder)
  } catch (error) {
    if (error instanceof AgentError && error.code === 'registration_missing') return undefined
    throw error
  }
}

/** An RSA key, as a machine elsewhere has, takes as long to make as everything else together. */
function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function enrolHere(controlPlane: ControlPlane, name: string): Promise<Registration> {
  const privateKey = newKey()
  const { publicKey, signProof } = provableKeyOf(privateKey)
  const joinTokenSecret = parseJoinToken(await controlPlane.makeJoinToken(RESOURCE_GROUP))?.secret ?? ''
  const vmId = randomUUID()
  const url = controlPlane.url + ONBOARDING_PATH.enrol
  const enrol = (name: string): Promise<Enrolment> => {
    const proof = signProof({ url, nowSeconds: trueSeconds() })
    return controlPlane.enrol({ joinTokenSecret, name, vmId, publicKey, proof })
  }
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

/**
 * Finds out about this host's machine: from its agent while that runs, from the state folder if this user may read it,
 * otherwise from the file that every user may read.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { AgentError, findRegistration } from '@landfast/agent'
import {
  findKnownApplication,
  type KnownApplication,
  machineStatus,
  type PublicMachine,
  readPresence,
  readPublicMachine,
} from '@landfast/agent/upstream'
import { adminNeeded } from './machine-folder.ts'
import type { KnownMachine } from './shown-properties.ts'

/** An agent that does not answer at once does not run. */
const DEADLINE_MILLISECONDS = 2000

/** Where to look. */
export interface Whereabouts {
  stateFolder: string
  publicFile: string | undefined
  adminSocket: string
}

/**
 * Looks for the machine.
 *
 * @throws {CliError} `admin_needed` if only the agent's user can know.
 */
export async function findKnownMachine(
  places: Whereabouts,
  now: number,
): Promise<{
  machine: KnownMachine | undefined
  application: KnownApplication | undefined
  isAgentRunning: boolean | undefined
}> {
  const isAgentRunning = await answers(places.adminSocket)
  try {
    const machine = await readStateFolder(places.stateFolder, now)
    return { machine, application: await findKnownApplication(places.stateFolder), isAgentRunning }
  } catch (error) {
    if (!isForbidden(error)) throw error
    const { publicFile, stateFolder } = places
    const machine = publicFile === undefined ? undefined : await readPublicMachine(publicFile, stateFolder)
    if (!machine) throw adminNeeded(places.stateFolder, error)
    return { machine: knownOf(machine, now), application: machine.application, isAgentRunning }
  }
}

async function readStateFolder(folder: string, now: number): Promise<KnownMachine | undefined> {
  const registration = await findRegistration(folder)
  if (!registration) return undefined
  const { authority, identity, location, vmId, certificate } = registration
  const notAfter = new X509Certificate(certificate).validToDate.getTime()
  const status = machineStatus(await readPresence(folder), { notAfter, now })
  return { authority, identity, location, vmId, status }
}

function knownOf(machine: PublicMachine, now: number): KnownMachine {
  const { authority, identity, location, vmId, certificateEnd, lastHeartbeat, refusal } = machine
  const signs = {
    ...(lastHeartbeat !== undefined && { lastHeartbeatAt: lastHeartbeat }),
    ...(refusal && { refusal }),
  }
  const status = machineStatus(signs, { notAfter: Date.parse(certificateEnd), now })
  return { authority, identity, location, vmId, status }
}

/** Whether an agent answers at its socket; undefined for a user who may not ask there. */
async function answers(socketPath: string): Promise<boolean | undefined> {
  const { promise, resolve } = Promise.withResolvers<boolean | undefined>()
  const signal = AbortSignal.timeout(DEADLINE_MILLISECONDS)
  request({ socketPath, path: '/status', signal }, (response) => {
    text(response).then(
      () => resolve(response.statusCode === 200),
      () => resolve(false),
    )
  })
    .on('error', ({ code }: NodeJS.ErrnoException) => resolve(isDenial(code) ? undefined : false))
    .end()
  return await promise
}

function isDenial(code: string | undefined): boolean {
  return code === 'EACCES' || code === 'EPERM'
}

/** A folder that may not be entered looks to the agent's parts like a file that cannot be read. */
function isForbidden(error: unknown): boolean {
  if (!(error instanceof AgentError)) return false
  const { code } = { ...(error.cause as NodeJS.ErrnoException | undefined) }
  return error.code === 'registration_open' || isDenial(code)
}

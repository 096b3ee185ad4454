/**
 * Opens the membership of a registered machine: its folder is locked, and what the membership is made of is made.
 *
 * @see docs/onboarding.md
 * @module
 */

import { hostname } from 'node:os'
import type { Logger } from '@landfast/server'
import type { Proxies } from '@landfast/server/proxy'
import { AuthorityClock } from '../authority/authority-clock.ts'
import { createCredentialSource } from '../authority/control-plane-source.ts'
import { createHttpsClient } from '../authority/https-client.ts'
import { AgentError } from '../errors.ts'
import type { FolderLock } from '../machine/folder-lock.ts'
import { lockMachine } from '../machine/machine-lock.ts'
import type { MachineStatus } from '../machine/machine-status.ts'
import { publishMachine } from '../machine/public-machine.ts'
import { type Registration, readRegistration } from '../machine/registration.ts'
import { sweepStateDrafts } from '../machine/state-json.ts'
import type { RegisteredTrust } from '../machine/taught-ca.ts'
import { openHeartbeats } from './heartbeats.ts'
import { openMachineCredentials } from './machine-credentials.ts'
import { Membership } from './membership.ts'
import { OnboardingClient } from './onboarding-client.ts'

/** What a membership is made of. */
export interface MembershipOptions {
  /** The state folder. */
  folder: string
  /** What the machine tells of itself, as the writable part of Resource Manager's `properties`. */
  properties?: object
  hostName?: () => string
  /** PEM of CAs that are trusted as well, such as the next one of the control plane. */
  ca?: string | undefined
  /** By what the control plane is reached. Default: directly. */
  proxies?: Proxies | undefined
  /** The file that tells every user of this host which machine it is. */
  publicFile?: string | undefined
  log?: Logger
  /** Milliseconds since 1970. */
  now?: () => number
  /** Milliseconds that never jump. */
  monotonic?: () => number
  random?: () => number
}

/**
 * Opens the membership that is kept in `options.folder`, which is locked until it is stopped. Nothing is sent yet.
 *
 * @throws {AgentError} `state_folder_held` or the codes of a registration.
 */
export async function openMembership(options: MembershipOptions): Promise<Membership> {
  const registration = await readRegistration(options.folder)
  const lock = lockMachine(options.folder)
  if ('heldBy' in lock) throw new AgentError('state_folder_held', `"${options.folder}", ${lock.heldBy}`)
  try {
    await sweepStateDrafts(options.folder)
    return await assemble(options, registration, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function assemble(
  options: MembershipOptions,
  registration: Registration,
  lock: FolderLock,
): Promise<Membership> {
  const { folder, log, properties = {}, hostName = hostname, now = Date.now, random = Math.random } = options
  const { monotonic = () => performance.now() } = options
  const { authority, identity } = registration
  const clock = new AuthorityClock(now, log)
  const https = createHttpsClient(...trustedOf(registration, options.ca), options.proxies)
  const { origin } = new URL(authority)
  const onboarding = new OnboardingClient({ https, origin, clock, hostName })
  const jitter = random()
  const credentials = await openMachineCredentials({ folder, registration, onboarding, clock, jitter, log })
  const learnAuthorities = async (told: readonly string[]) => {
    const trust = await credentials.learnAuthorities(told)
    if (!trust) return
    https.trust(...trustedOf(trust, options.ca))
    log?.info('the control plane has told by which CA it is known from now on')
  }
  const beating = { folder, credentials, onboarding, hostName, properties, now, learnAuthorities, log }
  const heartbeats = await openHeartbeats(beating)
  const inner = createCredentialSource({ authority, openHttps: async () => https, credentials, clock })
  const publish = (status: MachineStatus) =>
    publishMachine(registration, status, { file: options.publicFile, folder, log })
  const place = registration
  return new Membership({
    ...{ identity, place, credentials, onboarding, heartbeats, inner, publish, lock, log, now, random },
    ...{ clock, monotonic },
  })
}

/** The CAs of a registration and of the settings, and whether those of this host count beside them. */
function trustedOf(
  { ca, usesSystemCa = ca === undefined }: RegisteredTrust,
  more: string | undefined,
): [ca: string | undefined, usesSystemCa: boolean] {
  const all = [ca, more].filter((pem) => pem !== undefined)
  return [all.length === 0 ? undefined : all.join('\n'), usesSystemCa]
}

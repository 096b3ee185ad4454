/**
 * A machine of this process: what `connect` does and what its agent does, with the clock of the control plane.
 *
 * @module
 */

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import {
  beginRegistration,
  completeRegistration,
  type Membership,
  openMembership,
} from '@landfast/agent/upstream'
import { parseJoinToken } from '@landfast/protocol'
import { onTestFinished } from 'vitest'
import { enrolByToken } from '../../packages/cli/src/machine/enrolment.ts'
import { logTo } from '../agent/running-agent.ts'
import type { TestSite } from './connected-site.ts'

/** Connects the machine `name` with the state folder of that name, and gives the folder. */
export async function connectMachine(
  site: Pick<TestSite, 'folder' | 'joinToken'>,
  name: string,
): Promise<string> {
  const folder = join(site.folder, name)
  const token = parseJoinToken(await site.joinToken())
  if (!token) throw new TypeError('a join token is whole')
  const { pending } = await beginRegistration(folder, name)
  const target = { token, name, location: undefined, tags: {} }
  const result = await enrolByToken(target, { pending, properties: {}, progress: () => {} })
  await completeRegistration(folder, result)
  return folder
}

/** A membership that was opened for a test. */
export interface OpenedMachine {
  membership: Membership
  logged: string[]
  /** A round of the membership, which does none by itself. */
  round(): Promise<number>
  /** Tells how often the tokens were to be thrown away. */
  refusals: () => number
  /** A token for storage. */
  token(): Promise<string>
}

/** Opens the membership in `folder`, as the agent does at its start; it is stopped with the test. */
export async function openMachine(
  site: TestSite,
  folder: string,
  hostName = 'host-a',
): Promise<OpenedMachine> {
  const logged: string[] = []
  const membership = await openMembership({
    folder,
    hostName: () => hostName,
    properties: { osName: 'linux' },
    now: () => site.clock.now().getTime(),
    random: () => 0,
    log: logTo(logged),
  })
  let refusals = 0
  const events = { onRefused: () => (refusals += 1), onIdentities: () => {} }
  onTestFinished(() => membership.stop())
  return {
    membership,
    logged,
    refusals: () => refusals,
    round: () => membership.round(events),
    token: async () => {
      const { source, identity } = membership
      const signal = AbortSignal.timeout(60_000)
      return (await source.getToken(identity, 'https://storage.azure.com', signal)).accessToken
    },
  }
}

/** A copy of a state folder, as a copied disk or a backup has it. */
export function copyOf(folder: string, name: string): string {
  const copy = `${folder}-${name}`
  cpSync(folder, copy, { recursive: true })
  return copy
}

const MACHINES = { apiVersion: '2024-07-10' }
const IDENTITIES = { apiVersion: '2023-01-31' }

/** What of a machine tells where it is. */
type Placed = { membership: Pick<OpenedMachine['membership'], 'identity'> }

/** Makes a user-assigned identity beside the machine; what assigns it is told later. */
export async function makeIdentity(site: TestSite, machine: Placed, name: string) {
  const { resourceId } = machine.membership.identity
  const [group = ''] = resourceId.split('/providers/')
  const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
  const { body } = await site.client.call('PUT', id, { ...IDENTITIES, body: { location: 'cellar' } })
  const { clientId = '', principalId = '' } = body.properties as Record<string, string>
  const assign = (userAssignedIdentities: object) =>
    site.client.call('PATCH', resourceId, {
      ...MACHINES,
      body: { identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities } },
    })
  return {
    ...{ id, clientId, principalId, assign },
    remove: () => site.client.call('DELETE', id, IDENTITIES),
  }
}

/** Makes a user-assigned identity and gives it to the machine, which has learned it then. */
export async function giveIdentity(site: TestSite, machine: OpenedMachine, name: string) {
  const { id, assign } = await makeIdentity(site, machine, name)
  await assign({ [id]: {} })
  await machine.round()
  const [identity] = machine.membership.identities
  if (!identity) throw new TypeError('the machine has the identity')
  return { id, identity, assign }
}

/**
 * A control plane of this process, a machine that joined it, and four identities: the machine's own, one that is
 * assigned to it, one that is not, and one that trusts the machine's tokens.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  beginRegistration,
  completeRegistration,
  type Membership,
  openMembership,
} from '@landfast/agent/upstream'
import { type ControlPlane, createControlPlane } from '@landfast/control-plane'
import { type Identity, parseJoinToken } from '@landfast/protocol'
import { GROUPS, IDENTITIES, MACHINES } from '../packages/cli/src/control-plane/api-versions.ts'
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../packages/cli/src/control-plane/control-plane-client.ts'
import { enrolByToken } from '../packages/cli/src/machine/enrolment.ts'
import { trustTokens } from '../packages/cli/src/run/workload-identity.ts'
import { readIssued } from './counted.ts'

const GROUP = 'conformance'
const LOCATION = 'here'

/** What a lane's cases have in common. */
export interface Site {
  membership: Membership
  identities: { own: Identity; assigned: Identity; stranger: Identity; federated: Identity }
  controlPlane: {
    url: string
    /** What its tokens name. */
    issuer: string
    /** The certificate by which it is known, PEM. */
    ca: string
    /** How many tokens it issued. */
    countIssued(): Promise<number>
    /** Sets how much later it is for tokens that are presented to it; the machine notices nothing. */
    setLater(seconds: number): void
  }
  /** Sets how far the control plane's clock is ahead of the one by which the machine proves itself. */
  skew(seconds: number): void
  stop(): Promise<void>
}

/** Starts one whose state is in `folder`, and whose control plane is called `host`. */
export async function startSite(folder: string, host: '127.0.0.1' | 'localhost'): Promise<Site> {
  let [aheadSeconds, laterSeconds] = [0, 0]
  const socket = join(folder, 'control-plane.sock')
  const controlPlane = createControlPlane({
    stateFolder: join(folder, 'control-plane'),
    host,
    admin: { socket },
    issuerV1: issuerOf,
    now: () => new Date(Date.now() + laterSeconds * 1000),
    // Cases are many and one machine asks.
    callerRequestsPerSecond: 0,
  })
  await controlPlane.start()
  const { client, group } = await administer(controlPlane)
  const machineTime = () => Date.now() - aheadSeconds * 1000
  const membership = await joinMachine(client, join(folder, 'machine'), machineTime)
  const own = membership.identity
  const [assigned, stranger, federated] = [
    await makeIdentity(client, group, 'assigned'),
    await makeIdentity(client, group, 'stranger'),
    await makeIdentity(client, group, 'federated'),
  ]
  const { url, caFile, tenantId } = controlPlane
  const issuer = issuerOf(tenantId)
  await trustTokens(client, federated.resourceId, {
    issuer,
    subject: own.principalId,
  })
  const identity = {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: { [assigned.resourceId]: {} },
  }
  await client.call('PATCH', own.resourceId, { ...MACHINES, body: { identity } })
  client.close()
  await membership.round()
  if (membership.identities.length !== 1) throw new Error('the machine was not told of its identity')
  return {
    membership,
    identities: { own, assigned, stranger, federated },
    controlPlane: {
      url,
      issuer,
      ca: readFileSync(caFile, 'utf8'),
      countIssued: () => readIssued(socket),
      setLater: (seconds) => {
        laterSeconds = seconds
      },
    },
    skew: (seconds) => {
      aheadSeconds = seconds
    },
    stop: async () => {
      await membership.stop()
      await controlPlane.stop()
    },
  }
}

/** That of Entra ID, which is all that Azurite and its like know. */
function issuerOf(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`
}

async function administer({ administratorFile, url, caFile }: ControlPlane) {
  const file = JSON.parse(readFileSync(administratorFile ?? '', 'utf8'))
  const client = await createControlPlaneClient({
    url,
    ca: readFileSync(caFile, 'utf8'),
    credential: { kind: 'secret', clientId: file.clientId, secret: file.clientSecret },
  })
  const group = `/subscriptions/${file.subscriptionId}/resourceGroups/${GROUP}`
  await client.call('PUT', group, { ...GROUPS, body: { location: LOCATION } })
  return { client, group }
}

async function joinMachine(
  client: ControlPlaneClient,
  folder: string,
  now: () => number,
): Promise<Membership> {
  const body = { resourceGroup: GROUP, location: LOCATION }
  const answer = await client.call('POST', '/landfast/v1/join-tokens', { body })
  const token = parseJoinToken(String(answer.body.token))
  if (!token) throw new Error('the control plane made no whole join token')
  const name = 'machine'
  const { pending } = await beginRegistration(folder, name)
  const target = { token, name, location: undefined, tags: {} }
  const result = await enrolByToken(target, { pending, properties: {}, progress: () => {} })
  await completeRegistration(folder, result)
  return await openMembership({ folder, hostName: hostname, now })
}

async function makeIdentity(client: ControlPlaneClient, group: string, name: string): Promise<Identity> {
  const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
  const { body } = await client.call('PUT', id, { ...IDENTITIES, body: { location: LOCATION } })
  const properties = body.properties as Omit<Identity, 'resourceId'>
  return { ...properties, resourceId: String(body.id) }
}

/**
 * Looks at the addresses where containers ask: whether this host has each, and who listens there.
 *
 * @see docs/containers.md#the-listener
 * @module
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import type { AgentSettings } from '../settings/agent-settings.ts'
import { nameOfUser } from './account-looks.ts'
import { lookAtPort } from './port-look.ts'
import type { WorkloadPlaceSeen, WorkloadsSeen } from './surroundings.ts'

/** What is seen of the places of `workload-listen`. */
export async function lookAtWorkloads({
  'workload-listen': listen,
  'state-dir': stateFolder,
}: AgentSettings): Promise<WorkloadsSeen> {
  const [agentUser, places] = await Promise.all([ownerOf(stateFolder), Promise.all(listen.map(seePlace))])
  return { agentUser, places }
}

/** The user of the agent; undefined before the host is connected. */
async function ownerOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined)
  return found && (await nameOfUser(found.uid))
}

async function seePlace({
  address,
  port,
}: AgentSettings['workload-listen'][number]): Promise<WorkloadPlaceSeen> {
  const [isHere, holders] = await Promise.all([isOwnAddress(address), lookAtPort(port, [address])])
  return { address, port, isHere, holders }
}

/** Node's list of interfaces lacks those without a carrier, such as a bridge without a container: so the kernel is asked. */
async function isOwnAddress(address: string): Promise<boolean> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    const bound = once(socket, 'listening')
    socket.bind({ address, port: 0, exclusive: true })
    await bound
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}

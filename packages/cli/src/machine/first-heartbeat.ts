/**
 * The first heartbeat of a machine, which `connect` sends: from then on both sides know that it is there, before its agent
 * runs.
 *
 * @see docs/connect.md
 * @module
 */

import { openMembership } from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { printNote } from '../terminal.ts'
import { describeHost } from './host-description.ts'

/** Sends it for the machine in `folder`. Never rejects: the agent sends the next one in any case. */
export async function sendFirstHeartbeat(
  folder: string,
  publicFile: string | undefined,
  proxies: Proxies,
): Promise<void> {
  try {
    const membership = await openMembership({ folder, properties: describeHost(), publicFile, proxies })
    try {
      await membership.round()
      const { reason } = membership.status
      if (reason) printNote(`the first heartbeat was not taken: ${reason.message}`)
    } finally {
      await membership.stop()
    }
  } catch (error) {
    printNote(`the first heartbeat was not sent: ${(error as Error).message}`)
  }
}

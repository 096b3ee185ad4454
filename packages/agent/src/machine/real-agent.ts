/**
 * Finds the real Azure Connected Machine agent. We never take its place: sweeping its key folder would cut off its
 * clients.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { AgentError } from '../errors.ts'
import { HIMDS_FILE, isHimdsMarker } from './himds-marker.ts'

/**
 * Refuses to use the platform's key folder where the real agent lives, or where SDKs
 * look in no such folder.
 *
 * @throws {AgentError} `real_agent_installed` or `platform_unsupported`.
 */
export function refuseRealAgent(
  keyFolder: string,
  host: { platform: NodeJS.Platform; realAgent: string } = {
    platform: process.platform,
    realAgent: HIMDS_FILE,
  },
): void {
  if (resolve(keyFolder) !== ARC_KEY_FOLDER) return
  if (host.platform !== 'linux') throw new AgentError('platform_unsupported', `this is ${host.platform}`)
  if (!existsSync(host.realAgent) || isHimdsMarker(host.realAgent)) return
  throw new AgentError('real_agent_installed', `"${host.realAgent}"`)
}

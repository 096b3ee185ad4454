/**
 * A machine's description of its system, in the words of Resource Manager's machine resource.
 *
 * @see https://learn.microsoft.com/rest/api/hybridcompute/machines/get
 * @module
 */

import { readFileSync } from 'node:fs'
import { hostname, release, type } from 'node:os'
import { readVersion } from '../version.ts'

const OS_RELEASE = '/etc/os-release'

/** The writable part of `properties` that a machine knows itself. */
export interface HostDescription {
  agentVersion: string
  osName: string
  osVersion: string
  osType: string
  machineFqdn: string
  osSku?: string
}

/** This host. */
export function describeHost(): HostDescription {
  const { PRETTY_NAME: osSku } = readOsRelease()
  return {
    agentVersion: readVersion(),
    osName: type().toLowerCase(),
    osVersion: release(),
    osType: type().toLowerCase(),
    machineFqdn: hostname(),
    ...(osSku !== undefined && { osSku }),
  }
}

/** @see https://www.freedesktop.org/software/systemd/man/os-release.html */
function readOsRelease(): Record<string, string> {
  try {
    const lines = readFileSync(OS_RELEASE, 'utf8').matchAll(/^([A-Z_]+)="?([^"\n]*)"?$/gm)
    return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
  } catch {
    return {}
  }
}

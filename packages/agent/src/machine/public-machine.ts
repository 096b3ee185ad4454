/**
 * The file from which every user of this host may learn about its machine, outside the state folder: which machine it
 * is and its status, but nothing that proves it.
 *
 * @see docs/connect.md#show
 * @module
 */

import { readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Identity } from '@landfast/protocol'
import { makeFolders, writeStateFile } from '@landfast/server'
import type { Logger } from 'pino'
import type { MachineStatus } from './machine-status.ts'
import type { Refusal } from './presence.ts'
import type { Registration } from './registration.ts'
import { hasStrings } from './state-json.ts'

const MODE = 0o644

/** What of the status stands in the file: all that does not change with time. */
type PublicStatus = Pick<MachineStatus, 'lastHeartbeat' | 'certificateEnd' | 'refusal'>

/** What the file tells. */
export interface PublicMachine {
  authority: string
  identity: Identity
  /** ISO 8601. */
  certificateEnd: string
  location?: string
  vmId?: string
  lastHeartbeat?: string
  refusal?: Refusal
}

/**
 * Writes the public facts of a machine into `file`, if one is named, and makes its folder. The machine goes on if that
 * fails.
 */
export async function publishMachine(
  registration: Registration,
  status: PublicStatus,
  { file, log }: { file: string | undefined; log?: Logger | undefined },
): Promise<void> {
  if (file === undefined) return
  try {
    makeFolders(dirname(file), 0o755)
    const text = `${JSON.stringify(publicMachineOf(registration, status), null, 2)}\n`
    await writeStateFile(file, text, { mode: MODE })
  } catch (err) {
    log?.debug({ err, file }, 'the public file of this machine could not be written')
  }
}

function publicMachineOf(
  { authority, identity, location, vmId }: Registration,
  { lastHeartbeat, certificateEnd, refusal }: PublicStatus,
): PublicMachine {
  return {
    authority,
    identity,
    certificateEnd,
    ...(location !== undefined && { location }),
    ...(vmId !== undefined && { vmId }),
    ...(lastHeartbeat !== undefined && { lastHeartbeat }),
    ...(refusal && { refusal }),
  }
}

/** What the file tells; undefined if it is not there or tells nothing. */
export async function readPublicMachine(file: string): Promise<PublicMachine | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isPublicMachine(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Removes the file. */
export function removePublicMachine(file: string): Promise<void> {
  return rm(file, { force: true })
}

function isPublicMachine(value: unknown): value is PublicMachine {
  return (
    hasStrings(value, ['authority', 'certificateEnd']) &&
    hasStrings(value.identity, ['tenantId', 'clientId', 'principalId', 'resourceId'])
  )
}

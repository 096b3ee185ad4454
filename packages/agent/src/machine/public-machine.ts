/**
 * What every user of this host may know of its machine, in a file of its own outside the state folder: which machine
 * it is and how it stands, but nothing that proves it.
 *
 * @see docs/connect.md#show
 * @module
 */

import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import type { MachineStatus } from './machine-status.ts'
import type { Refusal } from './presence.ts'
import type { Registration } from './registration.ts'
import { writeStateFile } from './state-file.ts'
import { hasStrings } from './state-json.ts'

const MODE = 0o644

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
 * Writes what of a machine is for everybody into `file`, if one is named, and makes the folder that it is in. The machine
 * goes on where that cannot be written.
 */
export async function publishMachine(
  registration: Registration,
  status: Omit<MachineStatus, 'status'>,
  { file, log }: { file: string | undefined; log?: Logger | undefined },
): Promise<void> {
  if (file === undefined) return
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    await writeStateFile(file, `${JSON.stringify(publicMachineOf(registration, status), null, 2)}\n`, MODE)
  } catch (err) {
    log?.debug({ err, file }, 'what everybody may know of this machine could not be written')
  }
}

function publicMachineOf(
  { authority, identity, location, vmId }: Registration,
  { lastHeartbeat, certificateEnd, refusal }: Omit<MachineStatus, 'status'>,
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

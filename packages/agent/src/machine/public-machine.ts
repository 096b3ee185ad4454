/**
 * The file from which every user of this host may learn about its machine, outside the state folder: which machine it
 * is and its status, but nothing that proves it.
 *
 * @see docs/connect.md#show
 * @module
 */

import type { Stats } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Identity } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import { makeFolders, writeStateFile } from '@landfast/server'
import { findKnownApplication, type KnownApplication } from './known-application.ts'
import type { MachineStatus } from './machine-status.ts'
import type { Refusal } from './presence.ts'
import type { Registration } from './registration.ts'
import { hasStrings } from './state-json.ts'

const MODE = 0o644

const ROOT = 0

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
  /** The application in Entra ID that it is as well. */
  application?: KnownApplication
  /** What tells the state folder from any other. */
  stateFolder?: string
}

/**
 * Writes the public facts of the machine in the state folder `folder` into `file`, if one is named, and makes its folder.
 * The machine goes on if that fails: what is left there of another user is not believed.
 */
export async function publishMachine(
  registration: Registration,
  status: PublicStatus,
  { file, folder, log }: { file: string | undefined; folder: string; log?: Logger | undefined },
): Promise<void> {
  if (file === undefined) return
  try {
    makeFolders(dirname(file), 0o755)
    const stateFolder = nameOf(await stat(folder))
    // What cannot be read the agent says elsewhere; the machine is told of all the same.
    const application = await findKnownApplication(folder).catch(() => undefined)
    const told = { ...publicMachineOf(registration, status), application, stateFolder }
    const text = `${JSON.stringify(told, null, 2)}\n`
    await writeStateFile(file, text, { mode: MODE })
  } catch (err) {
    log?.warn({ err, file }, 'the public file of this machine could not be written')
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

/**
 * What the file tells of the machine in the state folder `folder`; undefined if it is not there, tells nothing, or was left
 * there by another user or for another folder.
 */
export async function readPublicMachine(file: string, folder: string): Promise<PublicMachine | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isPublicMachine(value) && (await isWrittenFor(folder, file, value)) ? value : undefined
  } catch {
    return undefined
  }
}

/** The user of the state folder writes the file. Where that cannot be seen, only root is believed. */
async function isWrittenFor(folder: string, file: string, { stateFolder }: PublicMachine): Promise<boolean> {
  const [written, state] = [await stat(file), await stat(folder).catch(() => undefined)]
  if (!state) return written.uid === ROOT
  return written.uid === state.uid && stateFolder === nameOf(state)
}

/** What tells a folder from one that takes its place. */
function nameOf({ dev, ino }: Stats): string {
  return `${dev}-${ino}`
}

/** Removes the file. */
export function removePublicMachine(file: string): Promise<void> {
  return rm(file, { force: true })
}

function isPublicMachine(value: unknown): value is PublicMachine {
  return (
    hasStrings(value, ['authority', 'certificateEnd']) &&
    hasStrings(value.identity, ['tenantId', 'clientId', 'principalId', 'resourceId']) &&
    (value.application === undefined || hasStrings(value.application, ['cloud', 'tenantId', 'clientId']))
  )
}

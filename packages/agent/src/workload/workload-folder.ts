/**
 * The folder of the workloads in the state folder: one file a workload, which the command writes and the agent reads.
 *
 * @see docs/containers.md#what-is-kept
 * @module
 */

import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders, syncFolder, writeStateFile } from '@landfast/server'
import { isWorkloadName } from '../policy/conditions.ts'
import { formatWorkload, parseWorkload, type Workload } from './workload.ts'

const FOLDER = 'workloads'
const ENDING = '.json'

/** What was found in the folder. */
export interface FoundWorkloads {
  readonly workloads: readonly Workload[]
  /** Files that are no good, and why: nothing is known of their workloads, and no others are kept out. */
  readonly broken: readonly { file: string; reason: string }[]
}

/** Where the workloads of the machine in `stateFolder` are kept. */
export function workloadFolder(stateFolder: string): string {
  return join(stateFolder, FOLDER)
}

/** Everything in the folder; nothing if there is no folder. */
export function readWorkloads(folder: string): FoundWorkloads {
  const [workloads, broken]: [Workload[], { file: string; reason: string }[]] = [[], []]
  for (const entry of namesIn(folder)) {
    const file = join(folder, entry)
    try {
      workloads.push(parseWorkload(readFileSync(file, 'utf8'), entry.slice(0, -ENDING.length)))
    } catch (error) {
      // It was removed meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      broken.push({ file, reason: (error as Error).message })
    }
  }
  return { workloads, broken }
}

/** What changes whenever the folder does: every file comes and goes by its name. */
export function folderVersion(folder: string): { version: string; changedAt: number } | undefined {
  const stats = statSync(folder, { bigint: true, throwIfNoEntry: false })
  return stats && { version: `${stats.ino} ${stats.ctimeNs}`, changedAt: Number(stats.ctimeNs / 1_000_000n) }
}

/** Adds a workload, durably; whether its name was free. */
export async function addWorkload(folder: string, workload: Workload): Promise<boolean> {
  makeFolders(folder, 0o700)
  const draft = join(folder, `${workload.name}.${randomUUID()}`)
  await writeStateFile(draft, formatWorkload(workload))
  try {
    // A link, unlike a rename, takes no name that is in use.
    linkSync(draft, fileOf(folder, workload.name))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
    await syncFolder(folder)
  }
}

/** The workload of this name; undefined if there is none. @throws {TypeError} if its file is no good. */
export function findWorkload(folder: string, name: string): Workload | undefined {
  try {
    return isWorkloadName(name) ? parseWorkload(readFileSync(fileOf(folder, name), 'utf8'), name) : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Puts `workload` in the place of what was kept of it, durably. */
export async function replaceWorkload(folder: string, workload: Workload): Promise<void> {
  await writeStateFile(fileOf(folder, workload.name), formatWorkload(workload))
}

/** Removes the workload of this name, durably; whether there was one. */
export async function removeWorkload(folder: string, name: string): Promise<boolean> {
  if (!isWorkloadName(name)) return false
  try {
    rmSync(fileOf(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  await syncFolder(folder)
  return true
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${name}${ENDING}`)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(ENDING))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * `administrator.json`: the credential and addresses with which a program administers this control plane, in the state
 * folder of the replica that made the administrator. Only that replica's user may read it.
 *
 * @module
 */

import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tenant } from '../registry/tenant.ts'
import { readStateFile, STATE_FILE, writeStateFile } from '../storage/state-folder.ts'
import type { NewAdministrator } from './administrator.ts'

/** What the file holds. */
export interface AdministratorFile {
  /** Empty until the control plane has listened once. */
  url: string
  tenantId: string
  subscriptionId: string
  clientId: string
  clientSecret: string
  /** Where the CA certificate is, if the control plane is known by its own CA. */
  caFile?: string
}

/** Where clients find the control plane. */
export interface Whereabouts {
  url: string
  caFile: string | undefined
}

/**
 * Writes the file, durably. One of another administrator is kept under another name: it may be the only key to
 * another database.
 */
export async function writeAdministratorFile(
  folder: string,
  tenant: Tenant,
  { application, secret }: NewAdministrator,
): Promise<void> {
  const kept = await readAdministratorFile(folder)
  if (kept && kept.clientId !== application.clientId) {
    await rename(pathOf(folder), join(folder, `administrator-${kept.clientId}.json`))
  }
  const { tenantId, subscriptionId } = tenant
  const clientSecret = secret.text
  const whereabouts = { url: kept?.url ?? '', ...(kept?.caFile !== undefined && { caFile: kept.caFile }) }
  await write(folder, {
    ...whereabouts,
    tenantId,
    subscriptionId,
    clientId: application.clientId,
    clientSecret,
  })
}

/** Corrects where the control plane of `tenant` is, if the folder has its administrator; resolves to its path. */
export async function updateAdministratorFile(
  folder: string,
  tenant: Tenant,
  { url, caFile }: Whereabouts,
): Promise<string | undefined> {
  const kept = await readAdministratorFile(folder)
  if (kept?.tenantId !== tenant.tenantId) return undefined
  const { caFile: formerCaFile, ...rest } = kept
  if (kept.url !== url || formerCaFile !== caFile) {
    await write(folder, { ...rest, url, ...(caFile !== undefined && { caFile }) })
  }
  return pathOf(folder)
}

/** Removes the file of an administrator that never came to be, since another replica was first. */
export async function removeAdministratorFile(folder: string): Promise<void> {
  await rm(pathOf(folder))
}

/** The file, if there is one that can be understood. */
export async function readAdministratorFile(folder: string): Promise<AdministratorFile | undefined> {
  const text = await readStateFile(folder, STATE_FILE.administrator)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pathOf(folder: string): string {
  return join(folder, STATE_FILE.administrator)
}

function write(folder: string, file: AdministratorFile): Promise<void> {
  return writeStateFile(folder, STATE_FILE.administrator, `${JSON.stringify(file, undefined, 2)}\n`)
}

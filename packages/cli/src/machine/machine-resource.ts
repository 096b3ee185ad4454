/**
 * The machine resource at a control plane's Resource Manager, as `connect` makes it and `disconnect` deletes it.
 *
 * @see https://learn.microsoft.com/rest/api/hybridcompute/machines
 * @module
 */

import { CliError } from '../cli-error.ts'
import { GROUPS, MACHINES } from '../control-plane/api-versions.ts'
import type { ControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { ControlPlaneRefusal } from '../control-plane/control-plane-refusal.ts'
import type { ResourceTarget } from './connect-target.ts'

const UNAUTHORIZED = 401
const NOT_FOUND = 404
const CONFLICT = 409
const PRECONDITION_FAILED = 412

/** What the machine brings itself. */
export interface MachineKeyParts {
  vmId: string
  /** SPKI in PEM. */
  publicKey: string
  properties: object
}

/**
 * Makes the machine, and its resource group if that is missing.
 *
 * @returns its ARM id.
 * @throws {CliError} `machine_exists`, `machine_not_created` or `credentials_refused`.
 */
export async function createMachine(
  client: ControlPlaneClient,
  target: ResourceTarget,
  machine: MachineKeyParts,
): Promise<string> {
  try {
    return await putMachine(client, target, machine)
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'ResourceGroupNotFound') throw explainCreation(error)
  }
  try {
    await client.call('PUT', groupPath(target), { ...GROUPS, body: { location: target.location } })
    return await putMachine(client, target, machine)
  } catch (error) {
    throw explainCreation(error)
  }
}

async function putMachine(
  client: ControlPlaneClient,
  target: ResourceTarget,
  { vmId, publicKey, properties: { ...described } }: MachineKeyParts,
): Promise<string> {
  const { location, tags, name } = target
  const path = `${groupPath(target)}/providers/Microsoft.HybridCompute/machines/${encodeURIComponent(name)}`
  const body = {
    location,
    tags,
    identity: { type: 'SystemAssigned' },
    properties: { ...described, vmId, clientPublicKey: publicKey },
  }
  const answer = await client.call('PUT', path, { ...MACHINES, body })
  return typeof answer.body.id === 'string' ? answer.body.id : path
}

function groupPath({ subscriptionId, resourceGroup }: ResourceTarget): string {
  return `/subscriptions/${encodeURIComponent(subscriptionId)}/resourceGroups/${encodeURIComponent(resourceGroup)}`
}

function explainCreation(error: unknown): unknown {
  if (!isRefusal(error)) return error
  const detail = error.message
  if (error.status === UNAUTHORIZED) return new CliError('credentials_refused', { detail, cause: error })
  if (error.status !== CONFLICT) return new CliError('machine_not_created', { detail, cause: error })
  const hints = [
    'choose another name with --resource-name; or, if it is this host’s own from before, connect with the join token of "landfast join-token create --replace NAME"',
  ]
  return new CliError('machine_exists', { detail, hints, cause: error })
}

/** The machine to delete: another one of the same name is not it. */
export interface DeletedMachine {
  resourceId: string
  principalId: string
}

/**
 * Deletes the machine; one that is not there is deleted already.
 *
 * @returns false if it was not there, or another machine has its name now.
 * @throws {CliError} `machine_not_deleted` or `credentials_refused`.
 */
export async function deleteMachine(client: ControlPlaneClient, machine: DeletedMachine): Promise<boolean> {
  try {
    const { body, headers } = await client.call('GET', machine.resourceId, MACHINES)
    const { principalId } = { ...(body.identity as Record<string, unknown> | undefined) }
    if (principalId !== machine.principalId) return false
    // Between the two calls another machine of that name may have been made.
    const condition = typeof headers.etag === 'string' ? { 'If-Match': headers.etag } : {}
    await client.call('DELETE', machine.resourceId, { ...MACHINES, headers: condition })
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (error.status === NOT_FOUND) return false
    throw explainDeletion(error)
  }
}

function explainDeletion(error: ControlPlaneRefusal): CliError {
  const detail = error.message
  if (error.status === UNAUTHORIZED) return new CliError('credentials_refused', { detail, cause: error })
  const hints =
    error.status === PRECONDITION_FAILED
      ? ['the machine was changed at the same moment; repeat the command']
      : [
          'nothing was changed here; "landfast disconnect --force-local-only" forgets the machine on this side alone',
        ]
  return new CliError('machine_not_deleted', { detail, hints, cause: error })
}

function isRefusal(error: unknown): error is ControlPlaneRefusal {
  return error instanceof ControlPlaneRefusal
}

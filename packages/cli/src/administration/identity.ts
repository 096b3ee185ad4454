/**
 * `landfast identity`: the user-assigned identities, and which machines have them.
 *
 * @see docs/administration.md
 * @module
 */

import { GROUPS, IDENTITIES, MACHINES } from '../control-plane/api-versions.ts'
import { ControlPlaneRefusal } from '../control-plane/control-plane-refusal.ts'
import { parseTags } from '../machine/tags.ts'
import { type Column, printDone, printFacts, printTable } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { groupOf, machineId, NO_CONTENT, pairs } from './machine.ts'
import { isRefusal } from './refusal-advice.ts'
import { IDENTITY_TYPE, listPathOf, type PlaceFlags, resourceIdOf } from './resource-names.ts'
import type { Session } from './session.ts'

/** The location of a new group for which none is given. */
const DEFAULT_LOCATION = 'local'

interface IdentityBody {
  id: string
  name: string
  location: string
  tags?: Readonly<Record<string, string>> | null
  properties: { principalId: string; clientId: string }
  machines?: readonly string[]
}

/** Prints the identities. */
export async function listIdentities(session: Session, flags: PlaceFlags): Promise<void> {
  const path = listPathOf(session, { ...flags, type: IDENTITY_TYPE })
  printTable(await session.client.list(path, IDENTITIES), COLUMNS, flags)
}

const COLUMNS: readonly Column<IdentityBody>[] = [
  ['name', ({ name }) => name],
  ['resource group', groupOf],
  ['location', ({ location }) => location],
  ['client id', ({ properties }) => properties.clientId],
  ['object id', ({ properties }) => properties.principalId],
]

const FACTS: readonly Column<IdentityBody>[] = [
  ['name', ({ name }) => name],
  ['id', ({ id }) => id],
  ['location', ({ location }) => location],
  ['client id', ({ properties }) => properties.clientId],
  ['object id', ({ properties }) => properties.principalId],
  ['machines', ({ machines }) => machines?.join(', ') || undefined],
  ['tags', ({ tags }) => pairs(tags ?? {}) || undefined],
]

/** Prints one identity with the machines that have it. */
export async function showIdentity(session: Session, name: string, flags: PlaceFlags): Promise<void> {
  const id = identityId(session, name, flags)
  const { body } = await session.client.call('GET', id, IDENTITIES)
  printFacts({ ...body, machines: await machinesOf(session, id) }, FACTS, flags)
}

/** Every page is asked for by POST, so this is no ordinary list; more than one page is rare. */
async function machinesOf({ client }: Session, id: string): Promise<string[]> {
  const path = `${id}/listAssociatedResources?api-version=${IDENTITIES.apiVersion}&$top=1000`
  const { body } = await client.call('POST', path)
  return (body.value as { id: string }[]).map((machine) => machine.id)
}

/** Makes one, and its resource group if that is missing. */
export async function createIdentity(
  session: Session,
  name: string,
  flags: PlaceFlags & { location?: string; tags?: string },
): Promise<void> {
  const id = identityId(session, name, flags)
  const group = id.slice(0, id.search(/\/providers\//i))
  const location = flags.location ?? (await locationOf(session, group))
  const put = () =>
    session.client.call('PUT', id, { ...IDENTITIES, body: { location, tags: parseTags(flags.tags) } })
  const { body } = await put().catch(async (error) => {
    if (!isRefusal(error, 'ResourceGroupNotFound')) throw error
    await session.client.call('PUT', group, { ...GROUPS, body: { location } })
    return await put()
  })
  printFacts(body, FACTS, flags)
}

/** That of the group, if it is there and may be seen. */
async function locationOf({ client }: Session, group: string): Promise<string> {
  try {
    const { body } = await client.call('GET', group, GROUPS)
    return String(body.location)
  } catch (error) {
    if (error instanceof ControlPlaneRefusal) return DEFAULT_LOCATION
    throw error
  }
}

/** Deletes one for ever, and takes it from every machine. */
export async function deleteIdentity(
  session: Session,
  name: string,
  flags: PlaceFlags & ConfirmationFlags,
): Promise<void> {
  const id = identityId(session, name, flags)
  await confirm(`delete the identity ${id} for ever and take it from every machine`, flags)
  const { status } = await session.client.call('DELETE', id, IDENTITIES)
  const deleted = status !== NO_CONTENT
  printDone(deleted ? `deleted: ${id}` : `it was not there: ${id}`, { id, deleted }, flags)
}

/** Gives one to a machine, or takes it away. */
export async function assignIdentity(
  session: Session,
  { name, assigned }: { name: string; assigned: boolean },
  flags: PlaceFlags & { machine: string },
): Promise<void> {
  const id = identityId(session, name, flags)
  const machine = machineId(session, flags.machine, flags)
  const userAssignedIdentities = { [id]: assigned ? {} : null }
  const identity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities }
  await session.client.call('PATCH', machine, { ...MACHINES, body: { identity } })
  const text = assigned ? `assigned to ${machine}: ${id}` : `taken from ${machine}: ${id}`
  printDone(text, { id, machine, assigned }, flags)
}

/** The ARM id of the identity that `text` names. */
export function identityId(session: Session, text: string, place: PlaceFlags): string {
  return resourceIdOf(session, text, { ...place, type: IDENTITY_TYPE })
}

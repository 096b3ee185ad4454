/**
 * `landfast machine`: the machines of the control plane.
 *
 * @see docs/administration.md
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { PartHealth } from '@landfast/protocol'
import { MACHINES } from '../control-plane/api-versions.ts'
import { changeTags, readTagChange } from '../control-plane/tag-change.ts'
import { printNote } from '../terminal.ts'
import { readSpanSeconds } from '../usage/span.ts'
import { type Column, printDone, printFacts, printPages } from './answer.ts'
import { type ConfirmationFlags, confirm } from './confirmation.ts'
import { type MachineListFlags, machinePages } from './machine-list.ts'
import { openPageOf } from './portal.ts'
import { groupIdOf, MACHINE_TYPE, type PlaceFlags, resourceIdOf, subscriptionPath } from './resource-names.ts'
import type { Session } from './session.ts'

/** A machine as Resource Manager shows it, as far as it is printed. */
interface MachineBody {
  id: string
  name: string
  location: string
  tags?: Readonly<Record<string, string>> | null
  identity?: { principalId?: string; userAssignedIdentities?: Readonly<Record<string, unknown>> }
  properties: Readonly<Record<string, unknown>>
}

/** Prints the machines, those alone that the flags say. */
export async function listMachines(session: Session, flags: MachineListFlags): Promise<void> {
  await printPages(machinePages(session, flags, new Date()), MACHINE_COLUMNS, flags)
}

/** The columns of a list of machines. */
export const MACHINE_COLUMNS: readonly Column<MachineBody>[] = [
  ['name', ({ name }) => name],
  ['resource group', groupOf],
  ['location', ({ location }) => location],
  ['status', statusOf],
  ['since', (machine) => textOf(machine, 'lastStatusChange')],
  ['object id', ({ identity }) => identity?.principalId],
]

/** How many machines there are, as the control plane says it. */
interface SummaryBody {
  countedAt: string
  machines: number
  disabled: number
  failing?: number
  byStatus: Readonly<Record<string, number>>
  byCertificateEnd: Readonly<Record<string, number>>
  byAgentVersion: readonly { agentVersion: string; machines: number }[]
  otherAgentVersions: number
  refusals?: { since: string; kinds: readonly { action: string; code?: string; refusals: number }[] }
  replicas?: readonly { hostName: string }[]
}

/** How often it is asked whether a large fleet has been counted. */
const COUNTING_MILLISECONDS = 1_000

/** Prints how many machines there are, by their status, certificates and versions. */
export async function summarizeMachines(session: Session, flags: PlaceFlags): Promise<void> {
  const place =
    flags.resourceGroup === undefined ? subscriptionPath(session, flags) : groupIdOf(session, flags)
  for (;;) {
    const { body } = await session.client.call('GET', `/landfast/v1${place}/fleet-summary`)
    if (body.countedSoFar === undefined) return printFacts(body, SUMMARY, flags)
    printNote(`the machines are being counted: ${body.countedSoFar} so far`)
    await setTimeout(COUNTING_MILLISECONDS)
  }
}

const SUMMARY: readonly Column<SummaryBody>[] = [
  ['machines', ({ machines }) => `${machines}`],
  ['status', ({ byStatus, disabled }) => countsText({ ...byStatus, disabled })],
  ['health', ({ failing }) => (failing === undefined ? undefined : `failing ${failing}`)],
  ['certificates', ({ byCertificateEnd }) => countsText(byCertificateEnd)],
  [
    'agents',
    ({ byAgentVersion, otherAgentVersions: other }) => countsText({ ...versionsOf(byAgentVersion), other }),
  ],
  ['refused', ({ refusals }) => refusals && countsText(kindsOf(refusals))],
  ['refused since', ({ refusals }) => refusals?.since],
  ['replicas', ({ replicas }) => replicas?.map(({ hostName }) => hostName).join(', ') || undefined],
  ['counted', ({ countedAt }) => countedAt],
]

function versionsOf(versions: SummaryBody['byAgentVersion']): Record<string, number> {
  return Object.fromEntries(
    versions.map(({ agentVersion, machines }) => [agentVersion === '' ? 'unknown' : agentVersion, machines]),
  )
}

function kindsOf({ kinds }: NonNullable<SummaryBody['refusals']>): Record<string, number> {
  return Object.fromEntries(
    kinds.map(({ action, code, refusals }) => [`${action} ${code ?? ''}`.trim(), refusals]),
  )
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return some.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}

/** Prints one machine. */
export async function showMachine(
  session: Session,
  name: string,
  flags: PlaceFlags & { web?: true; browser: boolean },
): Promise<void> {
  const id = machineId(session, name, flags)
  const { body } = await session.client.call('GET', id, MACHINES)
  if (flags.web) return openPageOf(session, id, flags)
  printFacts(body, FACTS, flags)
}

const FACTS: readonly Column<MachineBody>[] = [
  ['name', ({ name }) => name],
  ['id', ({ id }) => id],
  ['location', ({ location }) => location],
  ['status', statusOf],
  ['since', (machine) => textOf(machine, 'lastStatusChange')],
  ['last heartbeat', (machine) => textOf(machine, 'lastHeartbeat')],
  ['health', healthOf],
  ['object id', ({ identity }) => identity?.principalId],
  [
    'identities',
    ({ identity }) => Object.keys(identity?.userAssignedIdentities ?? {}).join(', ') || undefined,
  ],
  ['operating system', (machine) => textOf(machine, 'osSku') ?? textOf(machine, 'osName')],
  ['agent', (machine) => textOf(machine, 'agentVersion')],
  ['vm id', (machine) => textOf(machine, 'vmId')],
  ['tags', ({ tags }) => pairs(tags ?? {}) || undefined],
]

/** Gives one tags beside those that it has, and takes away those that `--remove` names. */
export async function tagMachine(
  session: Session,
  name: string,
  given: readonly string[],
  flags: PlaceFlags & { remove?: readonly string[] },
): Promise<void> {
  const change = readTagChange(given, flags.remove)
  const id = machineId(session, name, flags)
  const { tags } = await changeTags(
    session.client,
    `${id}/providers/Microsoft.Resources/tags/default`,
    change,
  )
  printDone(pairs(tags) || `no tags: ${id}`, { id, tags }, flags)
}

/** Deletes one for ever. */
export async function deleteMachineNamed(
  session: Session,
  name: string,
  flags: PlaceFlags & ConfirmationFlags,
): Promise<void> {
  const id = machineId(session, name, flags)
  await confirm(`delete the machine ${id} with its identity for ever`, flags)
  const { status } = await session.client.call('DELETE', id, MACHINES)
  const deleted = status !== NO_CONTENT
  printDone(deleted ? `deleted: ${id}` : `it was not there: ${id}`, { id, deleted }, flags)
}

/** Cuts one off from tokens, or gives it them again. */
export async function switchMachine(
  session: Session,
  { name, verb }: { name: string; verb: 'disable' | 'enable' },
  flags: PlaceFlags,
): Promise<void> {
  const resourceId = machineId(session, name, flags)
  await session.client.call('POST', `/landfast/v1/machines/${verb}`, { body: { resourceId } })
  printDone(`${verb}d: ${resourceId}`, { id: resourceId, state: `${verb}d` }, flags)
}

/** Lets a machine that was put back to an older state go on as itself. */
export async function acceptRestoredMachine(
  session: Session,
  name: string,
  flags: PlaceFlags & { lifetime?: string },
): Promise<void> {
  const { lifetime } = flags
  const body = {
    resourceId: machineId(session, name, flags),
    ...(lifetime !== undefined && { lifetimeSeconds: readSpanSeconds('--lifetime', lifetime) }),
  }
  const answer = await session.client.call('POST', '/landfast/v1/machines/accept-restored', { body })
  const { resourceId, acceptedUntil, state } = answer.body
  printDone(`accepted until ${acceptedUntil}: ${resourceId}`, answer.body, flags)
  if (state === 'disabled') printNote('it is disabled: "landfast machine enable" comes first')
  printNote(
    'the first host that comes with a key of this machine is the machine from then on, and every other is refused for ever; its agent asks every 30 seconds',
  )
}

/** What was asked to be deleted was not there. */
export const NO_CONTENT = 204

/** The ARM id of the machine that `text` names. */
export function machineId(session: Session, text: string, place: PlaceFlags): string {
  return resourceIdOf(session, text, { ...place, type: MACHINE_TYPE })
}

/** The resource group in an ARM id. */
export function groupOf({ id }: { id: string }): string | undefined {
  return /\/resourceGroups\/([^/]+)/i.exec(id)?.[1]
}

/** Tags as they are typed. */
export function pairs(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

/** What fails first; undefined if the agent of the machine tells nothing. */
function healthOf({ properties }: MachineBody): string | undefined {
  const { parts } = (properties.landfastHealth ?? {}) as { parts?: readonly PartHealth[] }
  const failing = parts?.filter(({ ok }) => !ok).map(({ part, code }) => `${part} (${code ?? 'no code'})`)
  return failing && (failing.length === 0 ? 'good' : `failing: ${failing.join(', ')}`)
}

function statusOf(machine: MachineBody): string | undefined {
  const reason = textOf(machine, 'statusReason')
  return reason ? `${textOf(machine, 'status')} (${reason})` : textOf(machine, 'status')
}

function textOf({ properties }: MachineBody, name: string): string | undefined {
  const value = properties[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

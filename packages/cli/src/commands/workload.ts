/**
 * `landfast workload`: the applications on this host that have a network of their own, such as containers, and their
 * secrets.
 *
 * @see docs/containers.md
 * @module
 */

import { existsSync } from 'node:fs'
import {
  addWorkload,
  digestOf,
  findWorkload,
  readWorkloads,
  removeWorkload,
  replaceWorkload,
  type Workload,
  workloadFolder,
} from '@landfast/agent'
import { type Column, printDone, printTable } from '../administration/answer.ts'
import { CliError } from '../cli-error.ts'
import { recipesFor } from '../discovery/container-recipes.ts'
import {
  type DescribingFlags,
  describeWorkload,
  dropSecret,
  findReadable,
  hasOwnFile,
  keepSecret,
  lasting,
} from '../discovery/kept-workload.ts'
import { asOwnerOf } from '../discovery/owned-state.ts'
import { checkEndpoint, clientIdIn, ownerOfFile, refuseTaken } from '../discovery/secret-env-file.ts'
import { readEndpoint, readOwner } from '../discovery/workload-flags.ts'
import { identityToName } from '../discovery/workload-identity.ts'
import { newIdentitySecret } from '../run/identity-secret.ts'
import { AGENT_SETTINGS, AGENT_SETTINGS_FILE, type AgentSettings } from '../settings/agent-settings.ts'
import { readSettings } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'
import { readSpanSeconds } from '../usage/span.ts'

/** The flags of every command, as commander reads them. */
export interface WorkloadFlags {
  config?: string
  stateDir?: string
  json?: true
}

/** Those of `add`. */
export interface AddWorkloadFlags extends WorkloadFlags, DescribingFlags {
  owner?: string
}

/** Those of `rotate`. */
export interface RotateWorkloadFlags extends WorkloadFlags {
  overlap: string
}

/** Adds a workload, and prints how its container gets the file. */
export async function workloadAdd(name: string, flags: AddWorkloadFlags): Promise<number> {
  const settings = await settingsOf(flags)
  const { 'state-dir': stateDir } = settings
  const folder = workloadFolder(stateDir)
  const owner = readOwner(flags.owner)
  const secret = newIdentitySecret()
  const workload = describeWorkload(name, flags, { settings, secret })
  await asOwnerOf(stateDir, async () => {
    if (findReadable(folder, name)) throw taken(name)
  })
  refuseTaken(workload.file)
  const { clientId, advice } = await asOwnerOf(stateDir, () => identityToName(stateDir, workload.identities))
  if (!(await asOwnerOf(stateDir, () => addWorkload(folder, workload)))) throw taken(name)
  try {
    await keepSecret(workload, { endpoint: workload.endpoint, secret, clientId }, { stateDir, owner })
  } catch (error) {
    // A workload without a file is of no use to anybody.
    await asOwnerOf(stateDir, () => removeWorkload(folder, name))
    throw error
  }
  if (flags.json) printResult(JSON.stringify(shown(workload)))
  else explain(workload)
  warnOf(workload, settings)
  if (advice !== undefined) printNote(advice)
  return 0
}

/** Prints every workload; 1 if the file of one is no good. */
export async function workloadList(flags: WorkloadFlags): Promise<number> {
  const { 'state-dir': stateDir } = await settingsOf(flags)
  const { workloads, broken } = await asOwnerOf(stateDir, async () => readWorkloads(workloadFolder(stateDir)))
  printTable(workloads.map(shown), COLUMNS, flags)
  for (const { file, reason } of broken) {
    printNote(`"${file}" is no good, and its workload gets nothing: ${reason}`)
  }
  return broken.length === 0 ? 0 : 1
}

const COLUMNS: readonly Column<Workload>[] = [
  ['name', ({ name }) => name],
  ['identities', ({ identities }) => identities.join(', ')],
  ['audiences', ({ audiences }) => audiences.join(', ') || undefined],
  ['from', ({ from }) => from.join(', ') || undefined],
  ['asks at', ({ endpoint }) => new URL(endpoint).host],
  ['file', ({ file }) => file],
]

/** Takes a workload's secret from it, at once; 0 also if it was not there. */
export async function workloadRemove(name: string, flags: WorkloadFlags): Promise<number> {
  const { 'state-dir': stateDir } = await settingsOf(flags)
  const folder = workloadFolder(stateDir)
  const workload = await asOwnerOf(stateDir, async () => findReadable(folder, name))
  const removed = await asOwnerOf(stateDir, () => removeWorkload(folder, name))
  const isGone = workload === undefined || (await dropSecret(workload, stateDir))
  const text = removed ? `removed: "${name}" gets nothing any more` : `it was not there: "${name}"`
  printDone(text, { name, removed }, flags)
  if (!isGone)
    printNote(`"${workload?.file}" lies where others can exchange it, and stays; remove it yourself`)
  return 0
}

/** Gives a workload another secret; the one before it is good for a while. */
export async function workloadRotate(name: string, flags: RotateWorkloadFlags): Promise<number> {
  const overlap = readSpanSeconds('--overlap', flags.overlap)
  const { 'state-dir': stateDir } = await settingsOf(flags)
  const folder = workloadFolder(stateDir)
  const former = await asOwnerOf(stateDir, async () => findSound(folder, name))
  if (!hasOwnFile(former)) throw changed(former)
  checkEndpoint(former.endpoint)
  const owner = ownerOfFile(former.file)
  const secret = newIdentitySecret()
  const now = Date.now()
  const until = new Date(now + overlap * 1000).toISOString()
  const named = await asOwnerOf(stateDir, () => identityToName(stateDir, former.identities))
  const clientId = named.clientId ?? clientIdIn(former.file)
  const secrets = [{ sha256: digestOf(secret) }, ...lasting(former.secrets, { until, now })]
  await asOwnerOf(stateDir, () => replaceWorkload(folder, { ...former, secrets }))
  await keepSecret(former, { endpoint: former.endpoint, secret, clientId }, { stateDir, owner })
  const rest = overlap > 0 ? `; the secret before it is good until ${until}` : ''
  const text = `rotated: the new secret is in ${former.file}; start its container anew${rest}`
  printDone(text, { ...shown(former), until }, flags)
  return 0
}

async function settingsOf({ config, stateDir }: WorkloadFlags): Promise<AgentSettings> {
  const file = config ?? (process.env.LANDFAST_CONFIG || installedSettings())
  const flags = { ...(file !== undefined && { config: file }), ...(stateDir !== undefined && { stateDir }) }
  return await readSettings(AGENT_SETTINGS, flags)
}

/** The settings of an agent that is a service of this host. */
function installedSettings(): string | undefined {
  return existsSync(AGENT_SETTINGS_FILE) ? AGENT_SETTINGS_FILE : undefined
}

function findSound(folder: string, name: string): Workload {
  try {
    const found = findWorkload(folder, name)
    if (found) return found
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new CliError('config_invalid', {
      detail: `what is kept of "${name}" is no good: ${cause.message}`,
      cause,
    })
  }
  const hints = ['"landfast workload list" names them all']
  throw new CliError('workload_missing', { detail: name, hints })
}

function taken(name: string): CliError {
  const hints = ['choose another name, or remove that one first with "landfast workload remove"']
  return new CliError('workload_exists', { detail: name, hints })
}

function changed({ name, file }: Workload): CliError {
  const hints = ['remove the workload with "landfast workload remove", and add it anew']
  const detail = `the file "${file}" does not hold the secret of "${name}", or you may not read it`
  return new CliError('config_conflict', { detail, hints })
}

/** Everything but the digests of its secrets. */
function shown({ secrets: _, ...workload }: Workload): Omit<Workload, 'secrets'> {
  return workload
}

function explain({ name, file, identities, audiences, from, endpoint }: Workload): void {
  const what = audiences.length > 0 ? audiences.join(', ') : 'what the policy file allows'
  const where = from.length > 0 ? from.join(', ') : `the network of ${new URL(endpoint).hostname}`
  printResult(`added: "${name}" may have ${identities.join(', ')} for ${what}, from ${where}`)
  printResult(`its secret is in ${file}; give that file to its container in one of these ways`)
  for (const { title, lines } of recipesFor(name, file)) {
    for (const line of ['', `${title}:`, ...lines.map((one) => `  ${one}`)]) printResult(line)
  }
}

function warnOf({ name, audiences, endpoint }: Workload, settings: AgentSettings): void {
  const listen = settings['workload-listen']
  if (audiences.length === 0) {
    printNote(`without --audience "${name}" gets nothing until a rule of a policy file allows it`)
  } else if (settings.policy !== undefined) {
    printNote(`the agent has a policy file: "${name}" gets nothing until a rule there allows it too`)
  }
  if (!listen.some((place) => readEndpoint(undefined, [place]) === endpoint)) {
    printNote(`the agent does not listen at ${new URL(endpoint).host} until "workload-listen" names it`)
  }
}

/**
 * A control plane for one test whose Resource Manager is called by principals that have roles. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { startControlPlane } from '../running-control-plane.ts'
import { STATE_FILE } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type Answer,
  askForToken,
  type Clock,
  createClock,
  registerTrialMachine,
  send,
  TRIAL_ENCRYPTION_KEY,
  type TrialMachine,
  temporaryFolder,
} from './trial.ts'
import { type TrialDatabase, trialDatabaseUrl } from './trial-database.ts'
import { createTrialMachines, type TrialMachines } from './trial-machines.ts'

/** Azure's ids of roles. */
export const ROLE = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  onboarding: 'b64e21ea-ac4e-4cdf-9dc9-5b892992bee7',
  userAccessAdministrator: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
} as const

/** What Azure's clients ask tokens of the Resource Manager for. */
export const MANAGEMENT = 'https://management.azure.com'

/** The resource group of the callers, which tests leave alone. */
export const CALLERS_GROUP = 'callers'

/** A principal that calls. */
export interface TrialCaller {
  machine: TrialMachine
  clientId: string
  principalId: string
  token: string
}

/** How to ask; the default is a GET without a body by the owner, with an api-version that the route knows. */
export interface AskOptions {
  method?: string
  json?: unknown
  /** As it is, instead of `json`. */
  text?: string
  headers?: Record<string, string>
  /** Undefined sends no token. */
  as?: Pick<TrialCaller, 'token'> | undefined
}

/** A Resource Manager to be called. */
export interface TrialResourceManager {
  controlPlane: Pick<ControlPlane, 'url' | 'caFile' | 'makeToken'>
  /** Makes machines in it. */
  registry: TrialMachines
  storage: Storage
  clock: Clock
  tenantId: string
  subscriptionId: string
  /** Is Owner of everything. */
  owner: TrialCaller
  /** A new caller, with a role at a scope if one is given. */
  addCaller(role?: { id: string; scope: string }): Promise<TrialCaller>
  /** A token for `resource`, asked for as the agent does. */
  tokenFor(machine: TrialMachine, resource: string): Promise<string>
  /** Asks at `path`, which includes the query. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Stops the control plane before the end of the test. */
  stop(): Promise<void>
}

/** Starts one; it is stopped after the test. On either database, as `startTrial` is. */
export async function startTrialResourceManager(
  options: Partial<ControlPlaneOptions> & { database?: TrialDatabase } = {},
): Promise<TrialResourceManager> {
  const clock = createClock()
  const stateFolder = await temporaryFolder()
  const { database, ...given } = options
  const databaseUrl = options.databaseUrl ?? (await trialDatabaseUrl(database))
  const shared = databaseUrl === undefined ? {} : { databaseUrl, encryptionKey: TRIAL_ENCRYPTION_KEY }
  const running = await startControlPlane(checkOptions({ stateFolder, now: clock.now, ...shared, ...given }))
  onTestFinished(() => running.close())
  const { url, storage, makeToken } = running
  const registry = createTrialMachines({ ...running, now: clock.now })
  const controlPlane = { url, makeToken, caFile: join(stateFolder, STATE_FILE.caCertificate) }
  const trial = { controlPlane: controlPlane as ControlPlane, clock }
  const tokenFor = async (machine: TrialMachine, resource: string) => {
    const { body } = await askForToken(machine, trial, { scope: `${resource}/.default` })
    return body.access_token
  }
  const addCaller = async (role?: { id: string; scope: string }) => {
    const machine = await registerTrialMachine(
      { registry },
      {
        name: randomUUID(),
        resourceGroup: CALLERS_GROUP,
      },
    )
    const { principalId, clientId } = machine.identity
    if (role) await addTrialRole(storage, { principalId, role, time: clock.now() })
    return { machine, principalId, clientId, token: await tokenFor(machine, MANAGEMENT) }
  }
  const owner = await addCaller({ id: ROLE.owner, scope: '/' })
  const { tenantId, resourceId } = owner.machine.identity
  return {
    controlPlane,
    registry,
    storage,
    clock,
    tenantId,
    subscriptionId: resourceId.split('/')[2] ?? '',
    owner,
    addCaller,
    tokenFor,
    ask: (path, options = {}) => ask(trial.controlPlane, path, { as: owner, ...options }),
    stop: () => running.close(),
  }
}

/** Writes a role assignment straight into the storage. */
export async function addTrialRole(
  storage: Storage,
  { principalId, role, time }: { principalId: string; role: { id: string; scope: string }; time: Date },
): Promise<void> {
  await storage.db
    .insertInto('role_assignment')
    .values({
      name: randomUUID(),
      scope: role.scope,
      scope_key: role.scope.toLowerCase(),
      role_id: role.id,
      principal_id: principalId,
      created_by: principalId,
      created_at: time.getTime(),
    })
    .execute()
}

function ask(controlPlane: ControlPlane, path: string, options: AskOptions): Promise<Answer> {
  const { method, json, as } = options
  const text = options.text ?? (json === undefined ? undefined : JSON.stringify(json))
  const headers = {
    ...(as ? { Authorization: `Bearer ${as.token}` } : {}),
    ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...options.headers,
  }
  return send(controlPlane, controlPlane.url + path, {
    headers,
    ...(method ? { method } : {}),
    ...(text === undefined ? {} : { body: text }),
  })
}

/** The status and the code of a refusal. */
export function codeOf({ status, body }: Answer): [status: number, code: string] {
  return [status, body?.error?.code]
}

/**
 * The services that a whole application uses beside its identity: started together, found by variables, stopped together.
 *
 * @see docs/emulator.md#whole-applications
 * @module
 */

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setAppRoles } from '../administration/identities.ts'
import { openResourceManager } from '../administration/resource-manager.ts'
import { EmulatorError } from '../emulator-error.ts'
import type { AppRoles, ServiceName } from '../emulator-options.ts'
import type { Site } from '../site/site.ts'
import { type Stoppable, stopParts } from '../site/started-parts.ts'
import { trueSeconds } from '../true-clock.ts'
import { startAzurite } from './azurite.ts'
import { findAzurite } from './azurite-program.ts'
import { VaultError } from './key-vault/vault-error.ts'
import { startKeyVault } from './key-vault/vault-server.ts'
import { startSqlServer } from './sql/sql-server.ts'
import { sqlVariables } from './sql/sql-variables.ts'
import type { TrustingService } from './token-verifier.ts'

/** What is to be started, and for whom. */
export interface ServicesOptions {
  site: Site
  names: readonly ServiceName[]
  /** What the key vault holds from the start. */
  secrets: Readonly<Record<string, string>>
  /** The folder in whose project Azurite is looked for, and the variable PATH. */
  project: { folder: string; path: string | undefined }
}

/** Running services. */
export interface Services {
  /** The variables by which a program finds them. */
  readonly variables: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/**
 * Starts `options.names`; their certificate is that of the site's control plane.
 *
 * @throws {EmulatorError} `service_missing` or `service_failed`; nothing is left running.
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const started: Stoppable[] = []
  const stop = () => stopParts(started)
  let variables: Record<string, string> = {}
  try {
    for (const name of new Set(options.names)) {
      const service = await START[name](options)
      started.push(service)
      variables = { ...variables, ...service.variables }
    }
    return { variables, stop }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}

/** Leaves the machine of `site`, for the audiences in `roles`, these app roles and no others. */
export async function setMachineRoles(site: Site, roles: AppRoles): Promise<void> {
  const manager = await openResourceManager(site)
  try {
    await setAppRoles(manager, site.identity.principalId, roles)
  } finally {
    manager.close()
  }
}

const START: Readonly<Record<ServiceName, (options: ServicesOptions) => Promise<Services>>> = {
  azurite: async ({ site, project }) => {
    const folder = dirname(site.caFile)
    const program = await findAzurite(project)
    const { endpoints, stop } = await startAzurite({ program, folder, ...certificateFiles(site) })
    return { variables: azuriteVariables(endpoints), stop }
  },
  'key-vault': async ({ site, secrets }) => {
    const { value: vault, stop } = await startTrusting(site, (trust) =>
      startKeyVault({ ...trust, secrets }).catch((error) => {
        if (!(error instanceof VaultError)) throw error
        throw new EmulatorError('option_invalid', `"secrets": ${error.message}`, error)
      }),
    )
    return { variables: { AZURE_KEY_VAULT_ENDPOINT: vault.url }, stop }
  },
  sql: async ({ site }) => {
    const { value: sql, stop } = await startTrusting(site, startSqlServer)
    return { variables: sqlVariables(sql.port), stop }
  },
  'service-bus': async ({ site }) => {
    // AMQP is large: who has no queues does not load it.
    const { startBusServer } = await import('./service-bus/bus-server.ts')
    const { value: bus, stop } = await startTrusting(site, startBusServer)
    return { variables: { AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE: bus.namespace }, stop }
  },
  'resource-manager': async ({ site }) => ({ variables: managerVariables(site), stop: async () => {} }),
}

/** The control plane is one already; the machine's identity may read all there is in it. */
function managerVariables({ controlPlaneUrl, identity }: Site): Record<string, string> {
  const [, , subscription = '', , group = ''] = identity.resourceId.split('/')
  return {
    AZURE_RESOURCE_MANAGER_ENDPOINT: controlPlaneUrl,
    AZURE_RESOURCE_MANAGER_AUDIENCE: 'https://management.azure.com/',
    AZURE_SUBSCRIPTION_ID: subscription,
    AZURE_RESOURCE_GROUP: group,
  }
}

/** Starts a service that takes the tokens of `site`, and reads its keys until the service stops. */
async function startTrusting<Service extends Stoppable>(
  site: Site,
  start: (trust: TrustingService) => Promise<Service>,
): Promise<{ value: Service; stop(): Promise<void> }> {
  const { keyFile, certificateFile } = certificateFiles(site)
  const { tenantId } = site.identity
  const manager = await openResourceManager(site)
  try {
    const value = await start({
      key: await readFile(keyFile, 'utf8'),
      certificate: await readFile(certificateFile, 'utf8'),
      issuer: `https://sts.windows.net/${tenantId}/`,
      authority: `${site.controlPlaneUrl}/${tenantId}`,
      readKeys: async () => {
        const { keys } = await manager.call({ method: 'GET', path: `/${tenantId}/discovery/keys` })
        return { keys: keys as Record<string, unknown>[] }
      },
      nowSeconds: trueSeconds,
    })
    return { value, stop: () => value.stop().finally(() => manager.close()) }
  } catch (error) {
    manager.close()
    throw error
  }
}

function certificateFiles({ caFile }: Site): { keyFile: string; certificateFile: string } {
  const folder = dirname(caFile)
  return { keyFile: join(folder, 'server-key.pem'), certificateFile: join(folder, 'server.pem') }
}

function azuriteVariables(endpoints: { blob: string; queue: string; table: string }): Record<string, string> {
  return {
    AZURE_STORAGE_BLOB_ENDPOINT: endpoints.blob,
    AZURE_STORAGE_QUEUE_ENDPOINT: endpoints.queue,
    AZURE_STORAGE_TABLE_ENDPOINT: endpoints.table,
  }
}

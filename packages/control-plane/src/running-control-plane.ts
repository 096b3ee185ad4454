/**
 * A control plane from the opening of its state to the closing: the order in which the parts depend on each other.
 *
 * @module
 */

import { type AddressInfo, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { updateAdministratorFile } from './administrator/administrator-file.ts'
import { openTenant } from './administrator/first-start.ts'
import { sweepAudit } from './audit/audit-trail.ts'
import { createAuthority } from './authority/authority.ts'
import { addAuthorityRoutes } from './authority/authority-routes.ts'
import type { AuthorityNames } from './authority/endpoints.ts'
import { createJournal } from './authority/journal.ts'
import { openSigningKeys } from './authority/signing-keys.ts'
import { sweepAssertions } from './authority/spent-assertions.ts'
import { createAuthorization } from './authorization/authorization.ts'
import type { CertificateAuthority } from './certificates/certificate-authority.ts'
import { openCertificateAuthority } from './certificates/kept-authority.ts'
import {
  keepServed,
  loadServedCertificate,
  type ServedCertificateOptions,
} from './certificates/served-certificate.ts'
import { createFederation } from './federation/federation.ts'
import { createHttpsServer } from './https-server.ts'
import { sweepJoinTokens } from './onboarding/join-tokens.ts'
import { addOnboarding } from './onboarding/onboarding-routes.ts'
import { createExpirySweep, sweepDisconnected } from './onboarding/presence-sweep.ts'
import type { CheckedOptions } from './options.ts'
import { createClientDirectory } from './registry/clients.ts'
import { createRegistry, type Registry } from './registry/registry.ts'
import { createCallers } from './resource-manager/caller.ts'
import { addResourceManager } from './resource-manager/resource-manager.ts'
import { openEncryptionKey } from './storage/encryption-key.ts'
import { migrate } from './storage/migrations.ts'
import { openStorage } from './storage/open-storage.ts'
import { prepareStateFolder, STATE_FILE } from './storage/state-folder.ts'
import type { Storage } from './storage/storage.ts'

/** A control plane that listens. */
export interface RunningControlPlane {
  readonly url: string
  readonly tenantId: string
  readonly subscriptionId: string
  /** The path of `administrator.json`, if this state folder has that of this tenant. */
  readonly administratorFile: string | undefined
  readonly registry: Registry
  /** For the tests of parts that have no other way in. */
  readonly storage: Storage
  /** Reads the operator's certificate again. @throws {CertificateError}, and then the former one stays. */
  reloadCertificate(): Promise<void>
  close(): Promise<void>
}

/** Addresses that mean every address of the machine and are no name to call it by. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::']

const SWEEP_MILLISECONDS = 60_000

/** Starts one; if that fails, everything that was opened is closed again. */
export async function startControlPlane(options: CheckedOptions): Promise<RunningControlPlane> {
  await prepareStateFolder(options.stateFolder)
  await using opened = new AsyncDisposableStack()
  const storage = opened.adopt(await openStorage(options), (it) => it.close())
  const running = await startOn(storage, options, opened)
  const closing = opened.move()
  const close = async () => {
    await closing.disposeAsync()
    options.log.info('control plane stopped')
  }
  return { ...running, close }
}

/** What is opened is put on `opened`, and closed in the opposite order. */
async function startOn(
  storage: Storage,
  options: CheckedOptions,
  opened: AsyncDisposableStack,
): Promise<Omit<RunningControlPlane, 'close'>> {
  const { log, now, stateFolder: folder } = options
  const { db } = storage
  await migrate(storage, now())
  const encryptionKey = await openEncryptionKey({
    folder,
    storage,
    given: options.encryptionKey,
    shared: options.databaseUrl !== undefined,
  })
  const tenant = await openTenant({ storage, folder, now })
  const certificates = await openCertificateAuthority({ storage, encryptionKey, folder, now })
  const rotationDays = options.signingKeyDays
  const signingKeys = await openSigningKeys({ storage, encryptionKey, rotationDays, log, now })
  opened.defer(() => signingKeys.close())
  const serving = servingOptions(options, certificates)
  const server = await createHttpsServer({ tls: await loadServedCertificate(serving), log, now })
  opened.defer(() => server.close())
  const names = authorityNames(server.routes, options, tenant.tenantId)
  const directory = createClientDirectory(db)
  const authority = createAuthority({
    names,
    signingKeys,
    directory,
    proveByForeignToken: createFederation({ ...options, names, signingKeys, directory, db }),
    journal: createJournal(storage),
    tokenLifetimeSeconds: options.tokenLifetimeSeconds,
    tokenVersion2Audiences: options.tokenVersion2Audiences,
    log,
    now,
  })
  addAuthorityRoutes(server.routes, authority)
  const callers = createCallers({ db, names, findKey: (kid) => signingKeys.seek(kid), now })
  const authorization = createAuthorization(db)
  const serverParts = { storage, names, callers, authorization, certificates, log, now }
  addResourceManager(server.routes, { ...serverParts, signingKeys })
  const { subscriptionId } = tenant
  const { recoveryDays } = options
  const caCertificate = options.tls ? undefined : certificates.certificate
  addOnboarding(server.routes, { ...serverParts, recoveryDays, subscriptionId, caCertificate })
  await server.routes.listen({ host: options.host, port: options.port })
  const served = keepServed(serving, server.useCertificate)
  opened.defer(() => served.stop())
  const sweeper = startSweeper(storage, options)
  opened.defer(() => sweeper.stop())
  const { origin: url } = names
  const caFile = options.tls ? undefined : join(folder, STATE_FILE.caCertificate)
  const administratorFile = await updateAdministratorFile(folder, tenant, { url, caFile })
  log.info({ url, tenantId: tenant.tenantId }, 'control plane started')
  return {
    url,
    ...tenant,
    administratorFile,
    registry: createRegistry({ storage, certificates, ...tenant, now }),
    storage,
    reloadCertificate: served.reload,
  }
}

function servingOptions(
  { stateFolder: folder, host, url, tls: files, log, now }: CheckedOptions,
  authority: CertificateAuthority,
): ServedCertificateOptions {
  const own = nameOfHost(host)
  const hosts = [url === undefined ? own : hostOf(url), own] as const
  return { folder, authority, files, hosts, log, now }
}

/** The host in `url`, an address without its brackets. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function nameOfHost(host: string): string {
  return WILDCARDS.includes(host) ? 'localhost' : host
}

/**
 * The port is known only once the server listens, which is before anybody can ask for a name, and no longer
 * while it closes, when the last requests still do.
 */
function authorityNames(server: FastifyInstance, options: CheckedOptions, tenantId: string): AuthorityNames {
  let origin = options.url
  const names: AuthorityNames = {
    tenantId,
    get origin() {
      origin ??= originOf(nameOfHost(options.host), server.server.address() as AddressInfo)
      return origin
    },
    get issuerV1() {
      return options.issuerV1?.(tenantId) ?? `${names.origin}/${tenantId}/`
    },
  }
  return names
}

function originOf(host: string, { port }: AddressInfo): string {
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Deletes what nobody needs any more and marks machines that are silent or expired, a batch at a time. */
function startSweeper(storage: Storage, { log, now }: CheckedOptions): { stop(): Promise<void> } {
  let stopped = false
  let sweeping = Promise.resolve()
  const sweeps = [sweepDisconnected, createExpirySweep(), sweepAssertions, sweepJoinTokens, sweepAudit]
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, SWEEP_MILLISECONDS)
  timer.unref()

  async function sweep(): Promise<void> {
    try {
      for (const sweepBatch of sweeps) {
        // SQLite's calls are over when they return, so awaiting them alone would let no request in between.
        while (!stopped && (await storage.append((trx) => sweepBatch(trx, now())))) await setImmediate()
      }
    } catch (err) {
      log.error({ err }, 'the sweep of old rows and silent machines failed; it is tried again in a minute')
    }
  }

  return {
    stop: () => {
      stopped = true
      clearInterval(timer)
      return sweeping
    },
  }
}

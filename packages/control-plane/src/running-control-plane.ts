/**
 * A running control plane, from the opening of its state to its closing, in the order in which the parts depend on each
 * other.
 *
 * @module
 */

import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { healthPages, startAdminServer } from '@landfast/server'
import type { FastifyInstance } from 'fastify'
import { updateAdministratorFile } from './administrator/administrator-file.ts'
import { openTenant } from './administrator/first-start.ts'
import { makeOwnToken, type OwnTokenWish } from './administrator/own-token.ts'
import { makeReader } from './administrator/subscription-reader.ts'
import { createCallers } from './admission/caller.ts'
import { createPortalCodes } from './admission/portal-codes.ts'
import { createPortalSessions } from './admission/portal-sessions.ts'
import { createTickets } from './admission/tickets.ts'
import { createRefusalWeighing, type WeighRefusal } from './admission/wrong-credentials.ts'
import { createAuthority } from './authority/authority.ts'
import { addAuthorityRoutes } from './authority/authority-routes.ts'
import type { AuthorityNames } from './authority/endpoints.ts'
import { openSigningKeys, type SigningKeys } from './authority/signing-keys.ts'
import { createJournal, type Journal } from './authority/token-journal.ts'
import { createAuthorization, rightsOf } from './authorization/authorization.ts'
import type { CertificateAuthority } from './certificates/certificate-authority.ts'
import { type KeptAuthority, openCertificateAuthority } from './certificates/kept-authority.ts'
import {
  keepServed,
  loadServedCertificate,
  type ServedCertificate,
  type ServedCertificateOptions,
} from './certificates/served-certificate.ts'
import { createFederation } from './federation/federation.ts'
import { createHttpsServer } from './https/https-server.ts'
import { ownHosts, ownNames } from './https/own-names.ts'
import { openTicketKeys, type TicketKeys } from './https/ticket-keys.ts'
import { createRequestLimits, type RequestLimits } from './limits/request-limits.ts'
import { addOnboarding, type OwnOnboarding } from './onboarding/onboarding-routes.ts'
import { type AuthorityWatch, watchAuthority } from './operation/authority-watch.ts'
import { shareLimits } from './operation/companions.ts'
import { createDrain } from './operation/drain.ts'
import type { KnownEnds } from './operation/ends.ts'
import { addHealthRoutes } from './operation/health-routes.ts'
import { watchJournal } from './operation/journal-watch.ts'
import { createMetrics, type Metrics } from './operation/metrics.ts'
import { startOperatorSocket } from './operation/operator-socket.ts'
import { operatorWorks } from './operation/operator-works.ts'
import { createReadiness, type WhyNotReady } from './operation/readiness.ts'
import { beginPresence } from './operation/replicas.ts'
import { startSweeper } from './operation/sweeper.ts'
import type { CheckedOptions } from './options.ts'
import { openIdParts } from './portal/openid/openid-parts.ts'
import { addPortal } from './portal/portal.ts'
import { addSwitchedOff } from './portal/switched-off.ts'
import { createClientDirectory } from './registry/clients.ts'
import type { Machine } from './registry/machine.ts'
import { findMachine } from './registry/machine-resource.ts'
import type { Tenant } from './registry/tenant.ts'
import { addResourceManager } from './resource-manager/resource-manager.ts'
import { openEncryptionKey } from './storage/encryption-key.ts'
import { openStorage } from './storage/open-storage.ts'
import { openTables } from './storage/relocation.ts'
import type { EncryptionKey } from './storage/sealed-text.ts'
import { prepareStateFolder, STATE_FILE } from './storage/state-folder.ts'
import type { Storage } from './storage/storage.ts'

/** A control plane that listens. */
export interface RunningControlPlane {
  readonly url: string
  readonly port: number
  readonly tenantId: string
  readonly subscriptionId: string
  /** The path of `administrator.json`, if this state folder has that of this tenant. */
  readonly administratorFile: string | undefined
  readonly onboarding: OwnOnboarding
  /** Makes a principal a Reader of the subscription. */
  makeReader(principalId: string): Promise<void>
  /** A token of a principal, with times of the caller's choice. @throws {AuthorityError} `client_unknown`. */
  makeToken(wish: OwnTokenWish): Promise<string>
  /** The machine with this ARM id, or undefined if there is none. */
  findMachine(resourceId: string): Promise<Machine | undefined>
  /** For the tests of parts that have no other way in. */
  readonly storage: Storage
  /** For tests as well. */
  readonly certificates: CertificateAuthority
  /** Reads the operator's certificate again. @throws {CertificateError}, and then the former one stays. */
  reloadCertificate(): Promise<void>
  /** What it has counted, for the page of a companion. */
  counters(): Promise<object[]>
  close(): Promise<void>
}

/** Starts one; if that fails, everything that was opened is closed again. */
export async function startControlPlane(options: CheckedOptions): Promise<RunningControlPlane> {
  await prepareStateFolder(options.stateFolder)
  await using opened = new AsyncDisposableStack()
  const storage = opened.adopt(await openStorage(options), (it) => it.close())
  const state = await openState(storage, options, opened)
  const { drain, ...running } = await serve(state, options, opened)
  const closing = opened.move()
  const close = async () => {
    await drain()
    await closing.disposeAsync()
    options.log.info('control plane stopped')
  }
  return { ...running, close }
}

/** What is kept, opened. */
interface State {
  storage: Storage
  tenant: Tenant
  encryptionKey: EncryptionKey
  certificates: KeptAuthority
  signingKeys: SigningKeys
  ticketKeys: TicketKeys
}

/** What is opened is put on `opened`, and closed in the opposite order. */
async function openState(
  storage: Storage,
  options: CheckedOptions,
  opened: AsyncDisposableStack,
): Promise<State> {
  const { log, now, stateFolder: folder, databaseUrl } = options
  const { encryptionKey: given, formerEncryptionKey: former } = options
  await openTables(storage, now())
  const shared = databaseUrl !== undefined
  const encryptionKey = await openEncryptionKey({ folder, storage, given, former, shared })
  const tenant = await openTenant({ storage, folder, now })
  const certificates = await openCertificateAuthority({ storage, encryptionKey, folder, now })
  const { signingKeyDays: rotationDays, makeKeyPair } = options
  const keyParts = { rotationDays, makeKeyPair }
  const signingKeys = await openSigningKeys({ storage, encryptionKey, ...keyParts, log, now })
  opened.defer(() => signingKeys.close())
  const replica = await beginPresence({ storage, encryptionKey, log, now })
  opened.defer(() => replica.stop())
  const ticketKeys = await openTicketKeys({ storage, encryptionKey, log, now })
  opened.defer(() => ticketKeys.stop())
  return { storage, tenant, encryptionKey, certificates, signingKeys, ticketKeys }
}

async function serve(
  state: State,
  options: CheckedOptions,
  opened: AsyncDisposableStack,
): Promise<Omit<RunningControlPlane, 'close'> & { drain: () => Promise<void> }> {
  const { storage, tenant, certificates, ticketKeys } = state
  const { log, now, stateFolder: folder, tls: files } = options
  const hosts = ownHosts(options)
  const serving: ServedCertificateOptions = { folder, authority: certificates, files, hosts, log, now }
  const { companions, callerRequestsPerSecond: requestsPerSecond } = options
  const limits = createRequestLimits({ requestsPerSecond, isShared: companions !== undefined })
  if (companions) {
    const sharing = shareLimits(limits, companions, now)
    opened.defer(() => sharing.stop())
  }
  const weighRefusal = createRefusalWeighing(limits, now)
  const tls = await loadServedCertificate(serving)
  const server = await createHttpsServer({ ...options, tls, ticketKey: ticketKeys.present, weighRefusal })
  opened.defer(() => server.close())
  ticketKeys.watch(server.useTicketKey)
  const served = keepServed(serving, tls, server.useCertificate)
  opened.defer(() => served.stop())
  const authorityWatch = watchAuthority({ certificates, reloadCertificate: served.reload, log, now })
  opened.defer(() => authorityWatch.stop())
  const { journal, hasJustFailed } = watchJournal(createJournal(storage))
  const drain = createDrain(options.drainSeconds)
  const readiness = createReadiness({ ...state, hasJustFailed, certificateFault: served.fault })
  const whyNotReady = drain.readiness(readiness)
  const metrics = await startAdmin(options, state, { whyNotReady, opened, certificateEnds: served.ends })
  await startOperator(options, { ...state, authorityWatch }, opened)
  const names = ownNames(server.routes, options, tenant.tenantId)
  metrics?.observe(server.routes)
  const limiting = { limits, weighRefusal }
  const { ending } = server
  const parts = { ...state, ...limiting, names, journal, whyNotReady, metrics, served, ending }
  const onboarding = addRoutes(server.routes, parts, options)
  const address = { host: options.host, port: options.port, reusePort: companions !== undefined }
  await server.routes.listen(address)
  const sweeper = startSweeper(storage, {
    log,
    now,
    audit: { days: options.auditRetentionDays, megabytes: options.auditMaxMegabytes },
  })
  opened.defer(() => sweeper.stop())
  const { origin: url } = names
  const caFile = files ? undefined : join(folder, STATE_FILE.caCertificate)
  const administratorFile = await updateAdministratorFile(folder, tenant, { url, caFile })
  log.info({ url, tenantId: tenant.tenantId }, 'control plane started')
  return {
    url,
    port: (server.routes.server.address() as AddressInfo).port,
    ...tenant,
    administratorFile,
    onboarding,
    makeReader: (principalId) =>
      makeReader(storage, { principalId, subscriptionId: tenant.subscriptionId, time: now() }),
    makeToken: (wish) =>
      makeOwnToken({ ...options, ...parts, directory: createClientDirectory(storage) }, wish),
    findMachine: (resourceId) => findMachine(storage.db, resourceId),
    storage,
    certificates,
    reloadCertificate: async () => {
      await served.reload()
      // What fails is logged, and tried again soon.
      await authorityWatch.look().catch(() => {})
    },
    counters: async () => (await metrics?.counters()) ?? [],
    drain: () => drain.begin(() => server.drain()),
  }
}

async function startAdmin(
  { admin, companions, signingKeyDays: rotationDays, version }: CheckedOptions,
  { storage, signingKeys }: State,
  {
    whyNotReady,
    opened,
    certificateEnds,
  }: { whyNotReady: WhyNotReady; opened: AsyncDisposableStack } & Pick<KnownEnds, 'certificateEnds'>,
): Promise<Metrics | undefined> {
  if (!admin && !companions) return undefined
  const ends = { certificateEnds, signingKeys, rotationDays, version }
  const metrics = await createMetrics(storage, ends, companions)
  if (!admin) return metrics
  const pages = healthPages({ whyNotReady, metrics: metrics.page })
  const server = await startAdminServer({ address: admin, pages })
  opened.defer(() => server.stop())
  return metrics
}

async function startOperator(
  { operatorSocket, stateFolder: folder, encryptionKey: given, now, log }: CheckedOptions,
  { storage, encryptionKey, authorityWatch }: State & { authorityWatch: AuthorityWatch },
  opened: AsyncDisposableStack,
): Promise<void> {
  if (operatorSocket === undefined) return
  const works = operatorWorks({
    ...{ storage, encryptionKey, authorityWatch, folder, now },
    isGiven: given !== undefined,
  })
  const socket = await startOperatorSocket(operatorSocket, works, log)
  opened.defer(() => socket.stop())
}

/** Adds every part with its routes. What is said of all requests must be said before the first route is added. */
function addRoutes(
  server: FastifyInstance,
  parts: State & {
    limits: RequestLimits
    weighRefusal: WeighRefusal
    names: AuthorityNames
    journal: Journal
    whyNotReady: WhyNotReady
    metrics: Metrics | undefined
    served: ServedCertificate
    ending: AbortSignal
  },
  options: CheckedOptions,
): OwnOnboarding {
  const { storage, tenant, certificates, signingKeys, names, limits, weighRefusal } = parts
  const { db } = storage
  const { log, now, recoveryDays, maxFederatedCredentials } = options
  addHealthRoutes(server, parts.whyNotReady)
  const directory = createClientDirectory(storage)
  const authority = createAuthority({
    ...options,
    names,
    signingKeys,
    directory,
    proveByForeignToken: createFederation({ ...options, names, signingKeys, directory, db }),
    journal: parts.journal,
    limits,
  })
  addAuthorityRoutes(server, parts.metrics?.counted(authority) ?? authority)
  const tickets = createTickets()
  const callers = createCallers({ db, names, tickets, findKey: (kid) => signingKeys.seek(kid), now })
  const authorization = createAuthorization(db)
  const serverParts = { storage, names, callers, authorization, certificates, limits, weighRefusal, log, now }
  const portalIssuer = options.portalProvider?.issuer
  addResourceManager(server, { ...serverParts, signingKeys, maxFederatedCredentials, portalIssuer })
  if (options.portal) {
    const sessions = createPortalSessions(storage, options.portalProvider)
    const codes = createPortalCodes(storage)
    const announced = { announcements: storage, ending: parts.ending }
    const present = { server: parts.served.certificate, authorities: () => certificates.trusted }
    const openId = openIdParts({ ...options, ...parts })
    const asked = { arm: serverParts, options, certificates: present }
    const visited = { sessions, codes, tickets, rightsOf: (id: string) => rightsOf(db, id), ...announced }
    addPortal(server, { ...visited, limits, names, openId, log, now }, asked)
  } else {
    addSwitchedOff(server)
  }
  const { subscriptionId } = tenant
  const ownAuthority = options.tls ? undefined : certificates
  return addOnboarding(server, { ...serverParts, recoveryDays, subscriptionId, ownAuthority })
}

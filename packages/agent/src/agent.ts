/**
 * The agent: endpoints for applications, a source behind them, and what watches both.
 *
 * @module
 */

import {
  ARC_KEY_FOLDER,
  ARC_PORT,
  type AssignedIdentity,
  type EndpointLocation,
  type Identity,
  STYLES,
  type Style,
} from '@landfast/protocol'
import { type Logger, pino } from 'pino'
import { type AdminAddress, type AdminServer, startAdminServer } from './admin-server.ts'
import { type AuditLog, openAuditLog } from './audit.ts'
import { createFindCaller, type FindCaller } from './caller.ts'
import { type Clock, systemClock } from './clock.ts'
import { createEndpointServer } from './endpoint-server.ts'
import type { AgentError } from './errors.ts'
import { createGate } from './gate.ts'
import { type KeyFolder, openKeyFolder } from './key-folder.ts'
import { KeyRing, type Keys } from './key-ring.ts'
import { Listener } from './listener.ts'
import type { Standing } from './metadata/agent-status.ts'
import type { CertifyAttestation } from './metadata/attestation-key.ts'
import { Documents } from './metadata/documents.ts'
import type { MachineFacts } from './metadata/machine-facts.ts'
import { Metrics } from './metrics.ts'
import { refuseRealAgent } from './real-agent.ts'
import { RefusalLimit } from './refusal-limit.ts'
import { handleRequest, type Stations } from './request.ts'
import type { TokenSource } from './source.ts'
import { Tokens } from './tokens.ts'

/** Answers under way may finish for this long when the agent stops. */
const STOP_WITHIN_MS = 5000

/** How often tokens are refreshed ahead and stale key files are removed. */
const TICK_MS = 5000

/** The audience by which `/readyz` proves that a token can be served. */
const READINESS_RESOURCE = 'https://management.azure.com/'

/** An endpoint for applications. */
export type EndpointOptions =
  | {
      style: 'arc'
      /** Default 40342; 0 takes a free one. */
      port?: number
      /** Default `/var/opt/azcmagent/tokens`, the only one that SDKs accept. */
      keyFolder?: string
      /** The group that may read key files; default: the agent's own. */
      keyGroup?: string | undefined
    }
  | {
      style: 'app-service'
      /** Default 0: a free one. */
      port?: number
      /** The value of `X-IDENTITY-HEADER`. */
      secret: string
    }

/** What an agent is made of. */
export interface AgentOptions {
  endpoints: readonly EndpointOptions[]
  /** The machine's own identity. */
  identity: Identity
  /** Closed by the agent when it stops. */
  source: TokenSource
  /** The machine's touch with its control plane, started and stopped with the agent. */
  membership?: AgentMembership | undefined
  /** What documents about the machine tell of it; without it, what its resource id says. */
  facts?: () => MachineFacts
  /** Has the key certified that signs attested documents; without it there are none. */
  certifyAttestation?: CertifyAttestation | undefined
  /** Path of the audit log; without it no decision is written down. */
  auditLog?: string | undefined
  /** Where health and metrics are; without it nowhere. */
  admin?: AdminAddress | undefined
  log?: Logger
  clock?: Clock
  findCaller?: FindCaller
  /** For measurements: keys of another kind than the ring of key files. */
  createKeys?: (folder: KeyFolder) => Keys
  /** Told when the agent had to stop by itself. */
  onFailure?: (error: AgentError) => void
}

/** What an agent needs of the machine's touch with its control plane. */
export interface AgentMembership {
  /** The user-assigned identities of the machine. */
  readonly identities: readonly AssignedIdentity[]
  readonly status: Standing
  start(events: {
    onRefused: () => void
    onIdentities: (identities: readonly AssignedIdentity[]) => void
  }): void
  stop(): Promise<void>
}

/** An agent that is not started yet. */
export function createAgent(options: AgentOptions): Agent {
  return new Agent(options)
}

/** A local service that answers managed identity requests. */
export class Agent {
  readonly #options: AgentOptions
  readonly #log: Logger
  readonly #clock: Clock
  readonly #metrics = new Metrics()
  readonly #tokens: Tokens
  readonly #findCaller: FindCaller
  readonly #refusals: RefusalLimit
  readonly #locations: EndpointLocation[] = []
  readonly #listeners: Listener[] = []
  /** Requests that are being answered. */
  readonly #running = new Set<Promise<void>>()
  /** What else was started, undone in reverse when no request is left. */
  readonly #undo: (() => Promise<void> | void)[] = []
  #stopping: Promise<void> | undefined
  readonly #rings: KeyRing[] = []
  readonly #keyFolders: KeyFolder[] = []
  #audit: AuditLog | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.#log = options.log ?? pino({ level: 'silent' })
    this.#clock = options.clock ?? systemClock
    this.#findCaller = options.findCaller ?? createFindCaller()
    this.#refusals = new RefusalLimit(() => this.#clock.monotonic())
    this.#tokens = new Tokens({
      source: options.source,
      clock: this.#clock,
      onUpstream: (outcome, seconds, error) => {
        this.#metrics.upstream(outcome, seconds)
        if (error) this.#log.warn({ failure: error.failure, err: error }, 'no token from the authority')
      },
    })
  }

  /** Where applications find the endpoints, once the agent has started. */
  get locations(): readonly EndpointLocation[] {
    return this.#locations
  }

  /**
   * Starts everything, or nothing.
   *
   * @throws {AgentError} with the code of what was in the way.
   */
  async start(): Promise<void> {
    try {
      this.#openAudit()
      for (const endpoint of this.#options.endpoints) await this.#startEndpoint(endpoint)
      await this.#startAdmin()
      this.#startMembership()
      const timer = setInterval(() => this.#tick(), TICK_MS).unref()
      this.#undo.push(() => clearInterval(timer))
    } catch (error) {
      await this.stop().catch((err) => this.#log.error({ err }, 'the agent did not stop cleanly'))
      throw error
    }
    this.#log.info(
      { endpoints: this.#locations.map(({ style, url }) => ({ style, url })) },
      'the agent is started',
    )
  }

  /** Answers what is under way, removes its key files, and lets go of everything. Harmless when repeated. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll().finally(() => {
      this.#stopping = Promise.resolve()
    })
    return this.#stopping
  }

  /** No key is issued and no line written any more once the key files go and the audit log is closed. */
  async #stopAll(): Promise<void> {
    this.#locations.length = 0
    const steps = [
      () => Promise.all(this.#listeners.map((listener) => listener.stop(STOP_WITHIN_MS))),
      () => this.#options.membership?.stop(),
      () => this.#tokens.stop(),
      () => Promise.all(this.#running),
      ...this.#undo.reverse(),
    ]
    const failures: unknown[] = []
    for (const step of steps) {
      // What fails must not keep the rest, the folder's lock among it, from being let go.
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the agent did not stop cleanly')
  }

  /** Opens the audit log anew after it was rotated away. */
  reopenAudit(): void {
    this.#audit?.reopen()
  }

  #openAudit(): void {
    const { auditLog } = this.#options
    if (auditLog === undefined) return
    const audit = openAuditLog(auditLog, (lines, err) => {
      this.#metrics.auditLinesLost(lines)
      this.#log.error({ lines, err }, 'audit lines were lost')
    })
    this.#audit = audit
    this.#undo.push(() => audit.close())
  }

  async #startEndpoint(endpoint: EndpointOptions): Promise<void> {
    const style = STYLES[endpoint.style]
    const keys = endpoint.style === 'arc' ? this.#openKeys(endpoint) : undefined
    const secret = endpoint.style === 'app-service' ? { secret: endpoint.secret } : {}
    const documents = this.#createDocuments(style)
    const stations: Stations = {
      styleName: endpoint.style,
      style,
      gate: createGate({ style, documents, ...secret }),
      documents,
      keys,
      findCaller: this.#findCaller,
      identity: this.#options.identity,
      assigned: () => this.#options.membership?.identities ?? [],
      tokens: this.#tokens,
      audit: this.#audit,
      refusals: this.#refusals,
      metrics: this.#metrics,
      log: this.#log,
    }
    const port = await this.#listen(endpoint, stations)
    const url = `http://127.0.0.1:${port}${style.path}`
    this.#locations.push(
      endpoint.style === 'arc'
        ? { style: endpoint.style, url }
        : { style: endpoint.style, url, secret: endpoint.secret },
    )
  }

  #createDocuments({ documents: kind, apiVersions }: Style): Documents | undefined {
    if (!kind) return undefined
    const { identity, facts = () => ({}), membership, certifyAttestation } = this.#options
    return new Documents({
      ...{ kind, apiVersions, identity, facts, certifyAttestation },
      standing: () => membership?.status,
      clock: this.#clock,
      log: this.#log,
    })
  }

  async #listen({ style, port }: EndpointOptions, stations: Stations): Promise<number> {
    const listener = new Listener({
      addresses: stations.style.addresses,
      port: port ?? (style === 'arc' ? ARC_PORT : 0),
      createServer: () =>
        createEndpointServer((request, response) => {
          const running = handleRequest(stations, request, response).finally(() =>
            this.#running.delete(running),
          )
          this.#running.add(running)
        }),
      onAddressMissing: (address) =>
        this.#log.warn({ address }, 'IPv6 is off here; the address is tried again every 30 seconds'),
      onLost: (error) => this.#fail(error),
    })
    await listener.start()
    this.#listeners.push(listener)
    return listener.port
  }

  #openKeys(endpoint: EndpointOptions & { style: 'arc' }): Keys {
    const path = endpoint.keyFolder ?? ARC_KEY_FOLDER
    refuseRealAgent(path)
    const folder = openKeyFolder(path, endpoint.keyGroup)
    this.#undo.push(() => folder.release())
    this.#keyFolders.push(folder)
    if (this.#options.createKeys) return this.#options.createKeys(folder)
    const ring = new KeyRing({ files: folder.files, monotonic: () => this.#clock.monotonic() })
    this.#undo.push(() => ring.clear())
    this.#rings.push(ring)
    return ring
  }

  async #startAdmin(): Promise<void> {
    const { admin } = this.#options
    if (!admin) return
    const server: AdminServer = await startAdminServer(admin, {
      whyNotReady: () => this.#whyNotReady(),
      metrics: () =>
        this.#metrics.page({
          cachedTokens: () => this.#tokens.size,
          keysAlive: () => this.#rings.reduce((sum, ring) => sum + ring.alive, 0),
        }),
      status: () => this.#options.membership?.status,
    })
    this.#undo.push(() => server.stop())
  }

  /** What the control plane takes away is gone from the cache at once. */
  #startMembership(): void {
    const { membership, identity } = this.#options
    if (!membership) return
    membership.start({
      onRefused: () => this.#tokens.clear(),
      onIdentities: (identities) => {
        this.#tokens.keepOnly(new Set([identity, ...identities].map(({ clientId }) => clientId)))
      },
    })
  }

  /** Ready means: a token can be served now, so one is asked for (from the cache, mostly). */
  async #whyNotReady(): Promise<string | undefined> {
    if (this.#audit?.failing) return 'the audit log cannot be written'
    try {
      for (const folder of this.#keyFolders) folder.proveWritable()
      await this.#tokens.get(this.#options.identity, READINESS_RESOURCE)
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  #tick(): void {
    this.#tokens.refreshAhead()
    for (const ring of this.#rings) ring.sweep()
  }

  #fail(error: AgentError): void {
    this.#log.fatal({ code: error.code }, error.message)
    this.stop()
      .catch((err) => this.#log.error({ err }, 'the agent did not stop cleanly'))
      .finally(() => this.#options.onFailure?.(error))
  }
}

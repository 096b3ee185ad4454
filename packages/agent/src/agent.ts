/**
 * The agent: endpoints for applications, a source behind them, and what watches both.
 *
 * @module
 */

import {
  ARC_KEY_FOLDER,
  ARC_PORT,
  type EndpointLocation,
  STYLES,
  type Style,
  styleOf,
  VM_ADDRESS,
  VM_PORT,
} from '@landfast/protocol'
import { type Logger, pino } from 'pino'
import type { AgentOptions, EndpointOptions } from './agent-options.ts'
import { createFindCaller, type FindCaller } from './caller/caller.ts'
import { createFindGroups } from './caller/user-groups.ts'
import { type KeyFolder, openKeyFolder } from './challenge/key-folder.ts'
import { KeyRing, type Keys } from './challenge/key-ring.ts'
import { type Clock, systemClock } from './clock.ts'
import { DecisionLog } from './endpoint/decision-log.ts'
import { createRateGate } from './endpoint/endpoint-rate.ts'
import { createEndpointServer } from './endpoint/endpoint-server.ts'
import { createGate } from './endpoint/gate.ts'
import { RefusalLimit } from './endpoint/refusal-limit.ts'
import { handleRequest, type Stations } from './endpoint/request.ts'
import type { AgentError } from './errors.ts'
import { Listener } from './listening/listener.ts'
import { keepOwnCertificate, makeOwnCertificate, type OwnCertificate } from './listening/own-certificate.ts'
import { takeVmAddress } from './listening/vm-address.ts'
import { refuseRealAgent } from './machine/real-agent.ts'
import { Documents } from './metadata/documents.ts'
import { type AdminServer, startAdminServer } from './operation/admin-server.ts'
import { type AuditLog, openAuditLog } from './operation/audit.ts'
import { Metrics } from './operation/metrics.ts'
import { type AskPolicy, createAskPolicy } from './policy/admission.ts'
import { createAdmission, defaultRule } from './policy/default-rule.ts'
import { openPolicyFile, type PolicyFile } from './policy/policy-file.ts'
import { Tokens } from './tokens/tokens.ts'

/** Answers under way may finish for this long when the agent stops. */
const STOP_WITHIN_MS = 5000

/** How often tokens are refreshed ahead and stale key files are removed. */
const TICK_MS = 5000

/** How often the policy file is looked at. */
const POLICY_CHECK_MS = 1000

/** The audience by which `/readyz` proves that a token can be served. */
const READINESS_AUDIENCE = 'https://management.azure.com/'

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
  readonly #findGroups = createFindGroups()
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
  #policyFile: PolicyFile | undefined
  #policy: AskPolicy | undefined

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
      await this.#openPolicy()
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
      { endpoints: this.#locations.map(({ style, url, thumbprint }) => ({ style, url, thumbprint })) },
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

  /** Reads the policy file anew; one that is no good leaves the policy as it is. */
  reloadPolicy(): void {
    this.#policyFile?.reload()
  }

  async #openPolicy(): Promise<void> {
    const { policy } = this.#options
    if (policy === undefined) return
    const file = await openPolicyFile(policy, {
      onLoaded: ({ rules }) => {
        this.#metrics.policyRead('loaded')
        this.#log.info({ policy, rules: rules.length }, 'the policy was read anew')
      },
      onRefused: (error) => {
        this.#metrics.policyRead('refused')
        this.#log.error(
          { code: error.code, err: error },
          'the policy stays as it was: the new one was refused',
        )
      },
    })
    this.#policyFile = file
    this.#policy = createAskPolicy(file, this.#findGroups, () => this.#clock.monotonic())
    const timer = setInterval(() => file.check(), POLICY_CHECK_MS).unref()
    this.#undo.push(() => clearInterval(timer))
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
    const style = styleOf(endpoint.style)
    const keys = endpoint.style === 'arc' ? this.#openKeys(endpoint) : undefined
    const secret = 'secret' in endpoint ? { secret: endpoint.secret } : {}
    const rate = 'rate' in endpoint && endpoint.rate
    const tls = style.scheme === 'https' ? await this.#ownCertificate() : undefined
    const documents = this.#createDocuments(style)
    const byRule =
      style.proof === 'caller'
        ? createAdmission(defaultRule('group' in endpoint ? endpoint.group : undefined, this.#findGroups))
        : undefined
    const own = this.#options.identity
    const common = {
      styleName: endpoint.style,
      gate: createGate({ style, ...secret }),
      findCaller: this.#findCaller,
      metrics: this.#metrics,
      log: this.#log,
    }
    const stations: Stations = {
      tokens: {
        ...common,
        style,
        keys,
        // A policy says who may have tokens, and nothing of documents.
        admit: this.#policy ? undefined : byRule,
        rate: rate ? createRateGate(rate, () => this.#clock.monotonic()) : undefined,
        identities: { own, assigned: () => this.#options.membership?.identities ?? [] },
        policy: this.#policy,
        tokens: this.#tokens,
        decisions:
          this.#audit &&
          new DecisionLog({
            styleName: endpoint.style,
            own,
            audit: this.#audit,
            refusals: this.#refusals,
          }),
      },
      documents: documents && { ...common, attest: byRule, documents },
    }
    const place = await this.#placeOf(endpoint)
    const port = await this.#listen({ ...place, tls }, stations)
    this.#locations.push({
      style: endpoint.style,
      url: `${style.scheme}://${place.addresses[0]}:${port}${style.path}`,
      ...secret,
      ...(tls && { thumbprint: tls.thumbprint, certificate: tls.certificate }),
      ...('clientId' in style.variables && { clientId: this.#options.identity.clientId }),
    })
  }

  /** Where an endpoint listens; the VM style's own address is taken first, if it is asked for. */
  async #placeOf(endpoint: EndpointOptions): Promise<{ addresses: readonly string[]; port: number }> {
    const { port, style } = endpoint
    if (!('atVmAddress' in endpoint) || !endpoint.atVmAddress) {
      return { addresses: STYLES[style].addresses, port: port ?? (style === 'arc' ? ARC_PORT : 0) }
    }
    this.#undo.push(await takeVmAddress())
    return { addresses: [VM_ADDRESS], port: port ?? VM_PORT }
  }

  async #ownCertificate(): Promise<OwnCertificate> {
    const { stateFolder } = this.#options
    return stateFolder === undefined ? await makeOwnCertificate() : await keepOwnCertificate(stateFolder)
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

  async #listen(
    { addresses, port, tls }: { addresses: readonly string[]; port: number; tls: OwnCertificate | undefined },
    stations: Stations,
  ): Promise<number> {
    const listener = new Listener({
      addresses,
      port,
      createServer: () =>
        createEndpointServer(
          (request, response) => {
            const running = handleRequest(stations, request, response).finally(() =>
              this.#running.delete(running),
            )
            this.#running.add(running)
          },
          { methods: stations.tokens.style.methods, tls },
        ),
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
      await this.#tokens.get(this.#options.identity, READINESS_AUDIENCE)
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

/**
 * The agent: puts together the endpoints for applications, the source of tokens behind them, and what watches both.
 *
 * @module
 */

import type { EndpointLocation } from '@landfast/protocol'
import { type Logger, RefusalLimit, SILENT_LOG } from '@landfast/server'
import { lookAtAll, lookAtNeeded } from './agent-health.ts'
import type { AgentOptions } from './agent-options.ts'
import { isStillGiven } from './authority/still-given.ts'
import { createFindCaller, type FindCaller } from './caller/caller.ts'
import { tendKeys } from './challenge/arc-keys.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Endpoint, type EndpointParts, startEndpoint } from './endpoint/endpoint.ts'
import { MissingIdentities } from './endpoint/missing-identities.ts'
import { defaultIdentity, hasIdentity, machineIdentities } from './endpoint/selected-identity.ts'
import type { AgentError } from './errors.ts'
import { ToldHealth } from './membership/told-health.ts'
import type { MachineFacts } from './metadata/machine-facts.ts'
import { startAdminServer, startMetricsServer } from './operation/admin-server.ts'
import { type AuditLog, openAuditLog } from './operation/audit.ts'
import { gatherGrants } from './operation/gathered-grants.ts'
import { Metrics } from './operation/metrics.ts'
import { type Step, takeAll } from './operation/stop-steps.ts'
import { refuseExchange } from './policy/exchange-guard.ts'
import { type PolicyWatch, watchPolicy } from './policy/policy-watch.ts'
import type { TokenFileStanding } from './token-files/token-file.ts'
import { TokenFiles } from './token-files/token-files.ts'
import { sourceOfAuthorities } from './tokens/authority-router.ts'
import { Tokens } from './tokens/tokens.ts'

/** Answers under way may finish for this long when the agent stops. */
const STOP_WITHIN_MS = 5000

/** How often tokens are refreshed ahead and stale key files are removed. */
const TICK_MS = 5000

/** The audience by which `/readyz` proves that a token can be served. */
const READINESS_AUDIENCE = 'https://management.azure.com/'

/** An agent that is not started yet. */
export function createAgent(options: AgentOptions): Agent {
  const { membership, log = SILENT_LOG, clock = systemClock } = options
  const { findCaller = createFindCaller() } = options
  const metrics = new Metrics(clock)
  const tokens = new Tokens({
    source: sourceOfAuthorities(options, clock),
    clock,
    // Entra ID does not know that the control plane refuses this machine.
    whyRefused: options.entra && (async ({ authority }) => authority && (await membership?.refusalNow?.())),
    onUpstream: (outcome, seconds, error) => {
      metrics.upstream(outcome, seconds)
      if (error) log.warn({ failure: error.failure, err: error }, 'no token from the authority')
    },
  })
  return new Agent({ ...options, log, clock, findCaller, metrics, tokens })
}

/** The options with what was made of them. */
interface AgentParts extends AgentOptions {
  log: Logger
  clock: Clock
  findCaller: FindCaller
  metrics: Metrics
  tokens: Tokens
}

/** A local service that answers managed identity requests. */
export class Agent {
  readonly #parts: AgentParts
  readonly #endpoints: Endpoint[] = []
  readonly #missing: MissingIdentities
  /** What was started beside the endpoints, undone in reverse when no request is left. */
  readonly #undo: Step[] = []
  #audit: AuditLog | undefined
  #policy: PolicyWatch | undefined
  #files: TokenFiles | undefined
  #stopping: Promise<void> | undefined
  #isStarted = false

  constructor(parts: AgentParts) {
    this.#parts = parts
    this.#missing = new MissingIdentities(() => parts.clock.now())
  }

  /** Where applications find the endpoints, once the agent has started. */
  get locations(): readonly EndpointLocation[] {
    return this.#stopping ? [] : this.#endpoints.map(({ location }) => location)
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
      await this.#startEndpoints()
      await this.#startAdmin()
      this.#startMembership()
      await this.#startTokenFiles()
      const timer = setInterval(() => this.#tick(), TICK_MS).unref()
      this.#undo.push(() => clearInterval(timer))
      this.#isStarted = true
    } catch (error) {
      await this.stop().catch((err) => this.#parts.log.error({ err }, 'the agent did not stop cleanly'))
      throw error
    }
    this.#parts.log.info(
      { endpoints: this.locations.map(({ style, url, thumbprint }) => ({ style, url, thumbprint })) },
      'the agent is started',
    )
  }

  /**
   * Says that it is not ready, and goes on for as long as it is to; then answers what is under way, removes its key files,
   * and lets go of everything. Harmless when repeated.
   */
  stop(): Promise<void> {
    return this.#stopAfter(this.#isStarted ? (this.#parts.drainSeconds ?? 0) : 0)
  }

  #stopAfter(drainSeconds: number): Promise<void> {
    this.#stopping ??= this.#stopAll(drainSeconds).finally(() => {
      this.#stopping = Promise.resolve()
    })
    return this.#stopping
  }

  /** For emulators: the endpoints for applications have no address until the function is called that this resolves to. */
  async suspend(): Promise<() => Promise<void>> {
    const resumes = await Promise.all(this.#endpoints.map((endpoint) => endpoint.suspend?.()))
    return async () => {
      if (this.#stopping) return
      for (const resume of resumes) await resume?.()
    }
  }

  /** How each token file stands. */
  get tokenFiles(): readonly TokenFileStanding[] {
    return this.#files?.standings ?? []
  }

  /** Opens the audit log anew after it was rotated away. */
  reopenAudit(): void {
    this.#audit?.reopen()
  }

  /** Reads the policy file anew; one that is no good leaves the policy as it is. */
  reloadPolicy(): void {
    this.#policy?.reload()
  }

  #openAudit(): void {
    const { auditLog, metrics, log } = this.#parts
    if (auditLog === undefined) return
    const file = openAuditLog(auditLog, (lines, err) => {
      metrics.auditLinesLost(lines)
      log.error({ lines, err }, 'audit lines were lost')
    })
    const audit = gatherGrants(file)
    this.#audit = audit
    this.#undo.push(() => audit.close())
  }

  async #openPolicy(): Promise<void> {
    const { policy: path, entra, metrics, log } = this.#parts
    if (path === undefined) return
    const onRead = (outcome: 'loaded' | 'refused') => metrics.policyRead(outcome)
    const policy = await watchPolicy(path, { log, onRead, exchange: entra?.exchange })
    this.#policy = policy
    this.#undo.push(() => policy.stop())
  }

  async #startEndpoints(): Promise<void> {
    const parts = this.#endpointParts()
    for (const options of this.#parts.endpoints) this.#endpoints.push(await startEndpoint(options, parts))
    const { workloads } = this.#parts
    if (!workloads) return
    // Loaded late: most hosts have none.
    const { startWorkloadEndpoint } = await import('./endpoint/workload-endpoint.ts')
    this.#endpoints.push(await startWorkloadEndpoint(workloads, parts))
  }

  #endpointParts(): EndpointParts {
    const { identity, entra, membership, facts = () => ({}), certifyAttestation } = this.#parts
    const { findCaller, tokens, metrics, clock, log, stateFolder, createKeys, intercept } = this.#parts
    const limit = () => new RefusalLimit(() => clock.monotonic())
    return {
      ...{ findCaller, tokens, metrics, clock, log, stateFolder, createKeys, intercept },
      identities: machineIdentities(identity, membership, entra),
      missing: this.#missing,
      policy: this.#policy?.ask,
      guard: entra?.exchange && !this.#policy ? refuseExchange(entra.exchange) : undefined,
      audit: this.#audit,
      limits: { audit: limit(), log: limit() },
      documents: { facts, standing: () => membership?.status, certifyAttestation },
      onLost: (error) => this.#fail(error),
      onStop: (step) => this.#undo.push(step),
    }
  }

  async #startAdmin(): Promise<void> {
    const { admin, metricsAddress, metrics, tokens, membership, facts = () => ({}) } = this.#parts
    const gauges = {
      cachedTokens: () => tokens.size,
      keysAlive: () => this.#endpoints.reduce((sum, { keys }) => sum + (keys?.ring?.alive ?? 0), 0),
      standing: () => membership?.status,
      version: () => (facts() as MachineFacts).agentVersion,
      tokenFiles: () => this.#files?.ends ?? [],
    }
    const page = () => metrics.page(gauges)
    if (metricsAddress) {
      const server = await startMetricsServer(metricsAddress, page)
      this.#undo.push(() => server.stop())
    }
    if (!admin) return
    const server = await startAdminServer(admin, {
      whyNotReady: () => this.#whyNotReady(),
      readinessDetails: () => ({ audiences: tokens.health() }),
      metrics: page,
      status: () => membership?.status,
      tokenFiles: () => this.tokenFiles,
    })
    this.#undo.push(() => server.stop())
  }

  /** What the control plane takes away is gone from the cache at once. */
  #startMembership(): void {
    const { membership, identity, entra, tokens, clock } = this.#parts
    const told = new ToldHealth(() => clock.now())
    membership?.start({
      health: () => told.of(this.#looks()),
      onRefused: () => {
        tokens.clear()
        for (const { role } of this.#endpoints) role?.clear()
        void this.#files?.look()
      },
      onIdentities: (identities) => {
        tokens.keepOnly(isStillGiven({ identity, identities, exchange: entra?.exchange }))
        void this.#files?.look()
      },
    })
  }

  async #startTokenFiles(): Promise<void> {
    const { tokenFiles, identity, membership, entra, tokens, metrics, clock, log } = this.#parts
    if (!tokenFiles) return
    const identities = machineIdentities(identity, membership, entra)
    const [policy, audit] = [this.#policy?.ask, this.#audit]
    const parts = { identities, policy, tokens, audit, metrics, clock, log }
    this.#files = await TokenFiles.start({ ...tokenFiles, ...parts })
  }

  /** Ready means: a token can be served now, so one is asked for (from the cache, mostly). */
  async #whyNotReady(): Promise<string | undefined> {
    if (this.#stopping) return 'the agent is stopping'
    const failing = lookAtNeeded(this.#needed).find(({ fault }) => fault)
    if (failing) return failing.fault?.message
    try {
      const { identity: own, entra, tokens } = this.#parts
      await tokens.get(defaultIdentity({ own, entra }, READINESS_AUDIENCE), READINESS_AUDIENCE)
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  get #needed() {
    return { audit: this.#audit, endpoints: this.#endpoints }
  }

  #looks() {
    const { tokens, identity, membership, entra } = this.#parts
    const identities = machineIdentities(identity, membership, entra)
    return lookAtAll({
      ...this.#needed,
      policy: this.#policy,
      tokenFiles: this.tokenFiles,
      tokens: tokens.faults(identity),
      missing: this.#missing.faults((selector) => hasIdentity(identities, selector)),
      membership: membership?.looks ?? [],
    })
  }

  #tick(): void {
    this.#parts.tokens.refreshAhead()
    void this.#files?.look()
    for (const { keys, role } of this.#endpoints) {
      if (keys) tendKeys(keys, this.#parts.log)
      role?.renewAhead()
    }
  }

  #fail(error: AgentError): void {
    const { log, onFailure } = this.#parts
    log.fatal({ code: error.code }, error.message)
    // Nothing more is answered beside a program that has one of our addresses.
    this.#stopAfter(0)
      .catch((err) => log.error({ err }, 'the agent did not stop cleanly'))
      .finally(() => onFailure?.(error))
  }

  /** No key is issued and no line written any more once the key files go and the audit log is closed. */
  async #stopAll(drainSeconds: number): Promise<void> {
    const { membership, tokens } = this.#parts
    for (const endpoint of this.#endpoints) endpoint.drain()
    if (drainSeconds > 0) await new Promise((resolve) => setTimeout(resolve, drainSeconds * 1000))
    await takeAll([
      () => Promise.all(this.#endpoints.map((endpoint) => endpoint.stop(STOP_WITHIN_MS))),
      () => membership?.stop(),
      () => tokens.stop(),
      () => this.#files?.stop(),
      () => Promise.all(this.#endpoints.map((endpoint) => endpoint.idle())),
      ...this.#undo.reverse(),
    ])
  }
}

/**
 * A machine's life with its control plane: heartbeats, new keys in good time, and tokens by the key of the moment.
 *
 * @see docs/onboarding.md
 * @module
 */

import { hostname } from 'node:os'
import { type AssignedIdentity, HEARTBEAT_SECONDS, type Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import { AuthorityClock } from '../authority/authority-clock.ts'
import { createCredentialSource } from '../authority/control-plane-source.ts'
import { createHttpsClient } from '../authority/https-client.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import { AgentError } from '../errors.ts'
import type { FolderLock } from '../machine/folder-lock.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import { lockMachine } from '../machine/machine-lock.ts'
import { type MachineStatus, machineStatus } from '../machine/machine-status.ts'
import { publishMachine } from '../machine/public-machine.ts'
import { type Registration, readRegistration } from '../machine/registration.ts'
import { sweepStateDrafts } from '../machine/state-json.ts'
import { SourceError, type TokenSource } from '../tokens/source.ts'
import { backoffSeconds, spread } from './backoff.ts'
import { type Heartbeats, openHeartbeats } from './heartbeats.ts'
import { type MachineCredentials, openMachineCredentials } from './machine-credentials.ts'
import { OnboardingClient } from './onboarding-client.ts'

/** A request of the membership is given up after this. */
const REQUEST_MS = 30_000

/** The control plane's wish for the next heartbeat is followed within these. */
const BEAT_SECONDS = { shortest: 60, longest: 3600 }

/** After a failure that may pass: three tries before the machine counts as disconnected. */
const RETRY_SECONDS = { first: 15, longest: HEARTBEAT_SECONDS }

/** Between two tries to renew. */
const RENEWAL_RETRY_SECONDS = { first: 60, longest: 3600 }

/** A machine that is refused for good looks no more often whether it still is. */
const REFUSED_SECONDS = 3600

/** What a membership is made of. */
export interface MembershipOptions {
  /** The state folder. */
  folder: string
  /** What the machine tells of itself, as the writable part of Resource Manager's `properties`. */
  properties?: object
  hostName?: () => string
  /** The file that tells every user of this host which machine it is. */
  publicFile?: string | undefined
  log?: Logger
  /** Milliseconds since 1970. */
  now?: () => number
  random?: () => number
}

/** What an agent is told by its membership. */
export interface MembershipEvents {
  /** The machine may have no token any more. */
  onRefused: () => void
  /** The user-assigned identities have changed. */
  onIdentities: (identities: readonly AssignedIdentity[]) => void
}

/**
 * Opens the membership that is kept in `options.folder`, which is locked until it is stopped. Nothing is sent yet.
 *
 * @throws {AgentError} `state_folder_held` or the codes of a registration.
 */
export async function openMembership(options: MembershipOptions): Promise<Membership> {
  const registration = await readRegistration(options.folder)
  const lock = lockMachine(options.folder)
  if ('heldBy' in lock) throw new AgentError('state_folder_held', `"${options.folder}", ${lock.heldBy}`)
  try {
    await sweepStateDrafts(options.folder)
    return await assemble(options, registration, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function assemble(
  options: MembershipOptions,
  registration: Registration,
  lock: FolderLock,
): Promise<Membership> {
  const { folder, log, properties = {}, hostName = hostname, now = Date.now, random = Math.random } = options
  const { authority, identity, ca } = registration
  const clock = new AuthorityClock(now, log)
  const https = createHttpsClient(ca)
  const onboarding = new OnboardingClient({ https, origin: new URL(authority).origin, clock })
  const jitter = random()
  const credentials = await openMachineCredentials({ folder, registration, onboarding, clock, jitter, log })
  const events = new Events()
  const heartbeats = await openHeartbeats({
    ...{ folder, credentials, onboarding, hostName, properties, now, log },
    onRefused: () => events.current?.onRefused(),
    onIdentities: (identities) => events.current?.onIdentities(identities),
  })
  const inner = createCredentialSource({ authority, openHttps: async () => https, credentials, clock })
  const publish = ({ status }: Membership) =>
    publishMachine(registration, status, { file: options.publicFile, log })
  return new Membership({
    identity,
    place: registration,
    credentials,
    onboarding,
    heartbeats,
    inner,
    events,
    publish,
    lock,
    log,
    now,
    random,
  })
}

/** Whoever listens comes after everything else is made. */
class Events {
  current: MembershipEvents | undefined
}

interface Parts {
  identity: Identity
  place: Pick<Registration, 'location' | 'vmId'>
  credentials: MachineCredentials
  onboarding: OnboardingClient
  heartbeats: Heartbeats | undefined
  /** Tokens for whoever is no copy. */
  inner: TokenSource
  events: Events
  publish: (membership: Membership) => Promise<void>
  lock: FolderLock
  log: Logger | undefined
  now: () => number
  random: () => number
}

/** The life of one machine. */
export class Membership {
  readonly #parts: Parts
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #beatFailures = 0
  #renewalFailures = 0
  #renewAgainAt = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The system-assigned identity. */
  get identity(): Identity {
    return this.#parts.identity
  }

  /** The user-assigned identities, as the last heartbeat told them. */
  get identities(): readonly AssignedIdentity[] {
    return this.#parts.heartbeats?.presence.identities ?? []
  }

  /** Tokens by the key of the moment; closing it ends nothing but its connections. */
  get source(): TokenSource {
    const { inner } = this.#parts
    return {
      getToken: async (identity, resource, signal) => {
        this.#refuseCopy()
        return await inner.getToken(identity, resource, signal)
      },
      close: () => inner.close(),
    }
  }

  /** How the machine stands now. */
  get status(): MachineStatus {
    const { heartbeats, credentials, now } = this.#parts
    return machineStatus(heartbeats?.presence, { notAfter: credentials.notAfter, now: now() })
  }

  /** What is known here of the machine beside its identity. */
  get facts(): {
    location: string | undefined
    vmId: string | undefined
    tags: Readonly<Record<string, string>> | undefined
  } {
    const {
      place: { location, vmId },
      heartbeats,
    } = this.#parts
    return { location, vmId, tags: heartbeats?.presence.tags }
  }

  /** Has the public half of `privateKey` certified to sign attested documents; from a copy it is not. */
  async certifyAttestation(privateKey: string, signal: AbortSignal): Promise<string> {
    this.#refuseCopy()
    const { credentials, onboarding } = this.#parts
    const { sign } = await credentials.usable(signal)
    return (await onboarding.certifyAttestation({ sign, ...provableKeyOf(privateKey) }, signal)).certificate
  }

  /** Tells `events` what happens from now on. */
  listen(events: MembershipEvents): void {
    this.#parts.events.current = events
  }

  /** Begins to send heartbeats and to look after the certificate. */
  start(events: MembershipEvents): void {
    this.listen(events)
    this.#schedule(0)
  }

  /** Ends what is under way and lets go of the folder. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    clearTimeout(this.#timer)
    await this.#running
    this.#parts.inner.close()
    this.#parts.lock.release()
  }

  /**
   * A new key if one is due, and a heartbeat, which is the first proven use of that key.
   *
   * @returns the seconds until the next round. Never rejects.
   */
  async round(): Promise<number> {
    const renewal = await this.#renewIfDue()
    const beat = await this.#beat()
    await this.#parts.publish(this)
    return Math.min(renewal, beat)
  }

  #schedule(seconds: number): void {
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#running = this.round().then((next) => this.#schedule(next))
    }, seconds * 1000).unref()
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(REQUEST_MS)])
  }

  /** Resolves to the seconds until it is worth another try; without end if there is nothing to do. */
  async #renewIfDue(): Promise<number> {
    const { credentials, now, log, random } = this.#parts
    if (!credentials.renewalDue) return Number.POSITIVE_INFINITY
    const waiting = (this.#renewAgainAt - now()) / 1000
    if (waiting > 0) return waiting
    try {
      await credentials.renew(this.#signal())
      this.#renewalFailures = 0
      return Number.POSITIVE_INFINITY
    } catch (err) {
      this.#renewalFailures += 1
      const pause = backoffSeconds(this.#renewalFailures, { ...RENEWAL_RETRY_SECONDS, random: random() })
      this.#renewAgainAt = now() + pause * 1000
      if (!this.#stopped.signal.aborted) log?.warn({ err }, 'the certificate of this machine was not renewed')
      return pause
    }
  }

  async #beat(): Promise<number> {
    const { heartbeats, random } = this.#parts
    if (!heartbeats) return HEARTBEAT_SECONDS
    try {
      const seconds = await heartbeats.beat(this.#signal())
      this.#beatFailures = 0
      const { shortest, longest } = BEAT_SECONDS
      return spread(Math.min(longest, Math.max(shortest, seconds)), random())
    } catch (error) {
      return await this.#afterFailure(error)
    }
  }

  async #afterFailure(error: unknown): Promise<number> {
    const { log, random, credentials } = this.#parts
    this.#beatFailures += 1
    const pause = backoffSeconds(this.#beatFailures, { ...RETRY_SECONDS, random: random() })
    if (this.#stopped.signal.aborted) return pause
    if (error instanceof OnboardingRefused) {
      // Only the other clock knows that the certificate is over.
      if (error.code === 'CertificateExpired') await credentials.renew(this.#signal()).catch(() => {})
      else return spread(pauseAfter(error), random())
    }
    log?.warn({ err: error }, 'no heartbeat')
    const wished = error instanceof SourceError ? (error.retryAfterSeconds ?? 0) : 0
    return Math.max(pause, Math.min(wished, BEAT_SECONDS.longest))
  }

  /** Two machines must not go on as one. */
  #refuseCopy(): void {
    const refusal = this.#parts.heartbeats?.presence.refusal
    if (refusal?.code === 'MachineCloned') throw new SourceError('refused', refusal.message)
  }
}

/** A disabled machine may be enabled any moment; the others need a person on this machine. */
function pauseAfter({ code }: OnboardingRefused): number {
  return code === 'MachineDisabled' ? HEARTBEAT_SECONDS : REFUSED_SECONDS
}

/**
 * A machine's life with its control plane: heartbeats, new keys in good time, and tokens by the key of the moment.
 *
 * @see docs/onboarding.md
 * @module
 */

import {
  type AssignedIdentity,
  afterRefusal,
  HEARTBEAT_SECONDS,
  type Identity,
  type PartHealth,
  partName,
} from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { AuthorityClock } from '../authority/authority-clock.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import { AgentError } from '../errors.ts'
import type { FolderLock } from '../machine/folder-lock.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import { type MachineStatus, machineStatus } from '../machine/machine-status.ts'
import type { Refusal } from '../machine/presence.ts'
import type { Registration } from '../machine/registration.ts'
import { SourceError, type TokenSource, wireCodeOf } from '../tokens/source.ts'
import { pauseAfterBeat, pauseAfterFailure, pauseAfterRefusal } from './heartbeat-schedule.ts'
import type { Beat, Heartbeats } from './heartbeats.ts'
import type { MachineCredentials } from './machine-credentials.ts'
import type { OnboardingClient } from './onboarding-client.ts'
import type { PartFault, PartLook } from './part-look.ts'
import { pauseAfterFailedRenewal } from './renewal-schedule.ts'
import { type Round, Rounds } from './rounds.ts'

/** A request of the membership is given up after this. */
const REQUEST_MS = 30_000

/** Who is refused waits no longer for the reason. */
const REASON_WITHIN_MS = 4000

/** What the control plane said of a refused machine is believed for this long; then a request for a token asks again. */
const REFUSAL_BELIEVED_MS = 15_000

/** What an agent is told by its membership. */
export interface MembershipEvents {
  /** The machine may have no token any more. */
  onRefused: () => void
  /** The user-assigned identities have changed. */
  onIdentities: (identities: readonly AssignedIdentity[]) => void
  /** How the parts of the agent stand, asked before each heartbeat. */
  health?: () => readonly PartHealth[]
}

/** What a membership is made of. */
export interface MembershipParts {
  identity: Identity
  place: Pick<Registration, 'location' | 'vmId'>
  credentials: MachineCredentials
  onboarding: OnboardingClient
  heartbeats: Heartbeats | undefined
  /** The control plane's, as far as it is known. */
  clock: Pick<AuthorityClock, 'differs'>
  /** Tokens, unless this machine is a copy. */
  inner: TokenSource
  /** Tells every user of this host how the machine stands. */
  publish: (status: MachineStatus) => Promise<void>
  lock: FolderLock
  log: Logger | undefined
  now: () => number
  /** Milliseconds that never jump. */
  monotonic: () => number
  random: () => number
}

/** The life of one machine. */
export class Membership {
  readonly #parts: MembershipParts
  readonly #stopped = new AbortController()
  readonly #rounds: Rounds
  #events: MembershipEvents | undefined
  #beatFailures = 0
  #renewalFailures = 0
  #renewAgainAt = 0
  #renewalFault: PartFault | undefined

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#rounds = new Rounds(() => this.#answeredRound(), parts.monotonic)
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
      getToken: async (identity, audience, signal, traceparent) => {
        await this.#refuseCopy()
        try {
          const token = await inner.getToken(identity, audience, signal, traceparent)
          // It is taken again, and everybody should learn so.
          if (this.#refusal) void this.#rounds.demand()
          return token
        } catch (error) {
          throw await this.#explained(error)
        }
      },
      close: () => inner.close(),
    }
  }

  /** How the machine stands now. */
  get status(): MachineStatus {
    const { heartbeats, credentials, now } = this.#parts
    return machineStatus(heartbeats?.presence, { notAfter: credentials.notAfter, now: now() })
  }

  /** How the parts of the membership look that a heartbeat can tell of. */
  get looks(): PartLook[] {
    const { clock, credentials } = this.#parts
    return [
      {
        part: partName('certificate'),
        fault: credentials.renewalDue ? this.#renewalFault : undefined,
      },
      {
        part: partName('clock'),
        fault: clock.differs ? new AgentError('clock_differs', 'by more than half a minute') : undefined,
      },
    ]
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
    await this.#refuseCopy()
    const { credentials, onboarding } = this.#parts
    const { sign } = await credentials.usable(signal)
    return (await onboarding.certifyAttestation({ sign, ...provableKeyOf(privateKey) }, signal)).certificate
  }

  /** Begins to send heartbeats and to look after the certificate; `events` are told what comes of it. */
  start(events: MembershipEvents): void {
    this.#events = events
    this.#rounds.start()
  }

  /** Asks the control plane how the machine stands and which identities it has now; resolves to whether it answered. */
  async look(): Promise<boolean> {
    return this.#parts.heartbeats ? await this.#rounds.demand() : true
  }

  /**
   * Why the control plane refuses this machine, if it does. What it said of that is believed for some seconds, and asked
   * again then: the machine may be taken again.
   */
  async refusalNow(): Promise<Refusal | undefined> {
    if (this.#refusal) await this.#learnStanding()
    return this.#refusal
  }

  /** Ends what is under way and lets go of the folder. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#rounds.stop()
    this.#parts.inner.close()
    this.#parts.lock.release()
  }

  /**
   * A new key if one is due, and a heartbeat, which is the first proven use of that key.
   *
   * @returns the seconds until the next round. Never rejects.
   */
  async round(events?: MembershipEvents): Promise<number> {
    const renewal = await this.#renewIfDue()
    const beat = await this.#beat(events)
    await this.#parts.publish(this.status)
    return Math.min(renewal, beat)
  }

  /** A heartbeat that was answered leaves another presence, whatever the answer was. */
  async #answeredRound(): Promise<Round> {
    const before = this.#parts.heartbeats?.presence
    const nextSeconds = await this.round(this.#events)
    return { nextSeconds, isAnswered: this.#parts.heartbeats?.presence !== before }
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
      this.#renewalFault = undefined
      return Number.POSITIVE_INFINITY
    } catch (err) {
      this.#renewalFailures += 1
      this.#renewalFault = faultOf(err)
      const pause = pauseAfterFailedRenewal(this.#renewalFailures, random())
      this.#renewAgainAt = now() + pause * 1000
      if (!this.#stopped.signal.aborted) log?.warn({ err }, 'the certificate of this machine was not renewed')
      return pause
    }
  }

  /** Resolves to the seconds until the next heartbeat. */
  async #beat(events: MembershipEvents | undefined): Promise<number> {
    const { heartbeats, credentials } = this.#parts
    if (!heartbeats) return HEARTBEAT_SECONDS
    try {
      return await this.#beatOnce(heartbeats, events)
    } catch (error) {
      if (!wantsRenewal(error)) return this.#afterFailure(error)
    }
    try {
      // The certificate is over by the other clock, or an administrator has accepted this machine as restored.
      await credentials.renew(this.#signal())
      return await this.#beatOnce(heartbeats, events)
    } catch (error) {
      return this.#afterFailure(error)
    }
  }

  /** @throws as the heartbeat, but for a refusal for good, which is over with the seconds until the next try. */
  async #beatOnce(heartbeats: Heartbeats, events: MembershipEvents | undefined): Promise<number> {
    const { random } = this.#parts
    const beat = await this.#beatWithNextKey(heartbeats, events?.health?.())
    if ('refusal' in beat) {
      events?.onRefused()
      await heartbeats.keepRefusal()
      return this.#afterFailure(beat.refusal)
    }
    if (beat.newIdentities) events?.onIdentities(beat.newIdentities)
    this.#beatFailures = 0
    return pauseAfterBeat(beat.nextSeconds, random())
  }

  /** If the answer to a renewal was lost, the key that asked may have taken the place of the one that is refused. */
  async #beatWithNextKey(heartbeats: Heartbeats, health: readonly PartHealth[] | undefined): Promise<Beat> {
    const { credentials } = this.#parts
    const beat = await heartbeats.beat(this.#signal(), health)
    if (!('refusal' in beat) || !credentials.awaitsCertificate) return beat
    const isCertified = await credentials.renew(this.#signal()).then(
      () => true,
      () => false,
    )
    return isCertified ? await heartbeats.beat(this.#signal(), health) : beat
  }

  /** The seconds until the next try. */
  #afterFailure(error: unknown): number {
    const { log, random } = this.#parts
    this.#beatFailures += 1
    if (error instanceof OnboardingRefused && !wantsRenewal(error)) {
      return pauseAfterRefusal(error.code, random())
    }
    if (!this.#stopped.signal.aborted) log?.warn({ err: error }, 'no heartbeat')
    const wished = error instanceof SourceError ? (error.retryAfterSeconds ?? 0) : 0
    return pauseAfterFailure(this.#beatFailures, wished, random())
  }

  get #refusal(): Refusal | undefined {
    return this.#parts.heartbeats?.presence.refusal
  }

  /** Two machines must not go on as one; but which of them is the machine may have been decided since. */
  async #refuseCopy(): Promise<void> {
    if (this.#refusal?.code !== 'MachineCloned') return
    await this.#learnStanding()
    const reason = this.#refusal
    if (reason?.code === 'MachineCloned') throw new SourceError('refused', reason.message, { reason })
  }

  /** The authority refuses a machine without saying why; its heartbeat is told, and `show` learns it with it. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof SourceError) || error.failure !== 'refused') return error
    this.#events?.onRefused()
    await this.#learnStanding()
    const reason = this.#refusal ?? error.reason
    return reason ? new SourceError('refused', error.message, { reason, cause: error }) : error
  }

  async #learnStanding(): Promise<void> {
    if (this.#refusal && this.#rounds.age < REFUSAL_BELIEVED_MS) return
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, REASON_WITHIN_MS).unref()
    await Promise.race([this.look(), late.promise])
    clearTimeout(timer)
  }
}

/** Why there is no new certificate. */
function faultOf(error: unknown): PartFault {
  const { message } = error as Error
  if (error instanceof OnboardingRefused) return { code: error.code, message }
  if (error instanceof SourceError) return { code: wireCodeOf(error.failure), message }
  return { code: error instanceof AgentError ? error.code : 'internal', message }
}

/** Whether the control plane takes the machine again once it has a new key. */
function wantsRenewal(error: unknown): boolean {
  return error instanceof OnboardingRefused && afterRefusal(error.code) === 'renew'
}

/**
 * A machine's life with its control plane: heartbeats, new keys in good time, and tokens by the key of the moment.
 *
 * @see docs/onboarding.md
 * @module
 */

import { type AssignedIdentity, afterRefusal, HEARTBEAT_SECONDS, type Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import type { FolderLock } from '../machine/folder-lock.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import { type MachineStatus, machineStatus } from '../machine/machine-status.ts'
import type { Registration } from '../machine/registration.ts'
import { SourceError, type TokenSource } from '../tokens/source.ts'
import { pauseAfterBeat, pauseAfterFailure, pauseAfterRefusal } from './heartbeat-schedule.ts'
import type { Beat, Heartbeats } from './heartbeats.ts'
import type { MachineCredentials } from './machine-credentials.ts'
import type { OnboardingClient } from './onboarding-client.ts'
import { pauseAfterFailedRenewal } from './renewal-schedule.ts'

/** A request of the membership is given up after this. */
const REQUEST_MS = 30_000

/** What an agent is told by its membership. */
export interface MembershipEvents {
  /** The machine may have no token any more. */
  onRefused: () => void
  /** The user-assigned identities have changed. */
  onIdentities: (identities: readonly AssignedIdentity[]) => void
}

/** What a membership is made of. */
export interface MembershipParts {
  identity: Identity
  place: Pick<Registration, 'location' | 'vmId'>
  credentials: MachineCredentials
  onboarding: OnboardingClient
  heartbeats: Heartbeats | undefined
  /** Tokens, unless this machine is a copy. */
  inner: TokenSource
  /** Tells every user of this host how the machine stands. */
  publish: (status: MachineStatus) => Promise<void>
  lock: FolderLock
  log: Logger | undefined
  now: () => number
  random: () => number
}

/** The life of one machine. */
export class Membership {
  readonly #parts: MembershipParts
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #beatFailures = 0
  #renewalFailures = 0
  #renewAgainAt = 0

  constructor(parts: MembershipParts) {
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
      getToken: async (identity, audience, signal) => {
        this.#refuseCopy()
        return await inner.getToken(identity, audience, signal)
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

  /** Begins to send heartbeats and to look after the certificate; `events` are told what comes of it. */
  start(events: MembershipEvents): void {
    this.#schedule(0, events)
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
  async round(events?: MembershipEvents): Promise<number> {
    const renewal = await this.#renewIfDue()
    const beat = await this.#beat(events)
    await this.#parts.publish(this.status)
    return Math.min(renewal, beat)
  }

  #schedule(seconds: number, events: MembershipEvents): void {
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#running = this.round(events).then((next) => this.#schedule(next, events))
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
    const beat = await this.#beatWithNextKey(heartbeats)
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
  async #beatWithNextKey(heartbeats: Heartbeats): Promise<Beat> {
    const { credentials } = this.#parts
    const beat = await heartbeats.beat(this.#signal())
    if (!('refusal' in beat) || !credentials.awaitsCertificate) return beat
    const isCertified = await credentials.renew(this.#signal()).then(
      () => true,
      () => false,
    )
    return isCertified ? await heartbeats.beat(this.#signal()) : beat
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

  /** Two machines must not go on as one. */
  #refuseCopy(): void {
    const refusal = this.#parts.heartbeats?.presence.refusal
    if (refusal?.code === 'MachineCloned') throw new SourceError('refused', refusal.message)
  }
}

/** Whether the control plane takes the machine again once it has a new key. */
function wantsRenewal(error: unknown): boolean {
  return error instanceof OnboardingRefused && afterRefusal(error.code) === 'renew'
}

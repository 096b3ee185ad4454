/**
 * The credentials of a machine that renews itself: its present key, and the next one from its certification to its
 * first proven use. Every step is written down before the one after it is taken.
 *
 * @see docs/onboarding.md#renewal
 * @module
 */

import type { OnboardingErrorCode } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { AuthorityClock } from '../authority/authority-clock.ts'
import { type Credential, type Credentials, credentialOf } from '../authority/credential.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import { newMachineKey, provableKeyOf } from '../machine/machine-key.ts'
import { type NextKey, readNextKey, removeNextKey, writeNextKey } from '../machine/next-key.ts'
import { type Registration, writeRegistration } from '../machine/registration.ts'
import { type RegisteredTrust, trustAfter } from '../machine/taught-ca.ts'
import type { OnboardingClient } from './onboarding-client.ts'
import { renewalDueAt } from './renewal-schedule.ts'

/** What the credentials are made of. */
export interface MachineCredentialsOptions {
  folder: string
  registration: Registration
  onboarding: OnboardingClient
  clock: AuthorityClock
  /** From 0 to 1: where in its spread this machine's renewal lies. */
  jitter: number
  log?: Logger | undefined
}

/** A next key that is certified and was not used yet. */
interface Follower {
  readonly key: Required<NextKey>
  readonly credential: Credential
}

/** What the control plane says of a key that a newer one has replaced. */
const REPLACED: readonly OnboardingErrorCode[] = ['KeyRetired', 'AssertionRefused']

/** What it says of a new key that will never be this machine's. */
const UNUSABLE: readonly OnboardingErrorCode[] = ['KeyKnown', 'InvalidKey']

/** Reads what is kept in `options.folder`. @throws {AgentError} if it cannot be read. */
export async function openMachineCredentials(
  options: MachineCredentialsOptions,
): Promise<MachineCredentials> {
  return new MachineCredentials(options, await readNextKey(options.folder))
}

/** The credentials of one machine. */
export class MachineCredentials implements Credentials {
  readonly #options: MachineCredentialsOptions
  #registration: Registration
  #present: Credential
  #next: NextKey | undefined
  #follower: Follower | undefined
  #renewing: Promise<void> | undefined
  #settling: Promise<void> | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: MachineCredentialsOptions, next: NextKey | undefined) {
    this.#options = options
    this.#registration = options.registration
    this.#present = this.#credentialOf(options.registration)
    this.#next = next
    this.#follower = this.#followerOf(next)
  }

  /** The end of the certificate in use; milliseconds since 1970. */
  get notAfter(): number {
    return this.#best().notAfter
  }

  /** Whether it is time for a new key. */
  get renewalDue(): boolean {
    const { clock, jitter } = this.#options
    return clock.nowSeconds() * 1000 >= renewalDueAt(this.#best(), jitter)
  }

  /** Whether a new key was asked for and no answer came: it may be the machine's only one by now. */
  get awaitsCertificate(): boolean {
    return this.#next !== undefined && this.#next.certificate === undefined
  }

  async usable(signal: AbortSignal): Promise<Credential> {
    if (this.#isExpired()) await this.renew(signal)
    return this.#best()
  }

  async proven(credential: Credential): Promise<void> {
    const follower = this.#follower
    if (follower?.credential !== credential) return
    // What fails here is tried again after the next use; until then both keys are kept.
    this.#settling ??= this.#settle(follower)
      .catch((err) => this.#options.log?.error({ err }, 'the new key of this machine could not be kept'))
      .finally(() => {
        this.#settling = undefined
      })
    await this.#settling
  }

  afterRefusal(credential: Credential): boolean {
    if (this.#best() !== credential) return true
    if (this.#follower?.credential !== credential) return false
    // Its file stays: whether it is any good is found out with the next renewal.
    this.#follower = undefined
    return true
  }

  /**
   * Has a new key certified; it is used from then on, and kept once a use has succeeded.
   *
   * @throws {OnboardingRefused | SourceError} and the present key is used on.
   */
  renew(signal: AbortSignal): Promise<void> {
    this.#renewing ??= this.#renew(signal).finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  /**
   * Knows the control plane by `told` from now on, durably. Resolves to the trust if it is another than before.
   */
  async learnAuthorities(told: readonly string[]): Promise<RegisteredTrust | undefined> {
    const trust = trustAfter(this.#registration, told)
    if (trust) await this.#register(trust)
    return trust
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { folder, log } = this.#options
    const isKept = this.#next !== undefined
    const { privateKey } = await this.#prepareNext()
    const certificate = await this.#certify({ privateKey, isKept }, signal)
    if (certificate === undefined) return
    this.#next = { privateKey, certificate }
    await writeNextKey(folder, this.#next)
    this.#follower = this.#followerOf(this.#next)
    log?.info({ notAfter: new Date(this.notAfter) }, 'this machine has a new certificate')
  }

  /** The key is durable before it is sent: if the answer is lost the same key asks again. */
  async #prepareNext(): Promise<NextKey> {
    if (this.#next) return this.#next
    const next = { privateKey: await newMachineKey() }
    await writeNextKey(this.#options.folder, next)
    this.#next = next
    return next
  }

  /** Undefined if the key turns out to be the machine's already. */
  async #certify(
    { privateKey, isKept }: { privateKey: string; isKept: boolean },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { onboarding, folder } = this.#options
    try {
      const { sign } = this.#present
      const renewal = await onboarding.renew({ sign, ...provableKeyOf(privateKey) }, signal)
      return renewal.certificate
    } catch (error) {
      if (!(error instanceof OnboardingRefused)) throw error
      const used = this.#followerOf(this.#next)
      if (used && REPLACED.includes(error.code)) {
        // The next key was used and its answer lost, so that it is the present one there.
        await this.#settle(used)
        return this.#isExpired() ? await this.#certifyAfter(signal) : undefined
      }
      if (UNUSABLE.includes(error.code)) {
        await removeNextKey(folder)
        this.#next = undefined
        this.#follower = undefined
        // It was certified, and this machine put back to an older state since; a new one never was.
        if (isKept) return await this.#certifyAfter(signal)
      }
      throw error
    }
  }

  /** The key that has just become the present one expired unnoticed, or the next one is of no use. */
  async #certifyAfter(signal: AbortSignal): Promise<undefined> {
    await this.#renew(signal)
    return undefined
  }

  /** Makes the next key the present one. */
  async #settle({ key, credential }: Follower): Promise<void> {
    const { folder } = this.#options
    await this.#register(key)
    this.#present = credential
    this.#follower = undefined
    this.#next = undefined
    await removeNextKey(folder)
  }

  /** One change is written after the other, so that none is lost. */
  async #register(change: Partial<Registration>): Promise<void> {
    const writing = this.#writing.then(async () => {
      const registration = { ...this.#registration, ...change }
      await writeRegistration(this.#options.folder, registration)
      this.#registration = registration
    })
    this.#writing = writing.catch(() => undefined)
    await writing
  }

  #best(): Credential {
    return this.#follower?.credential ?? this.#present
  }

  #isExpired(): boolean {
    return this.#options.clock.nowSeconds() * 1000 >= this.#best().notAfter
  }

  #followerOf(next: NextKey | undefined): Follower | undefined {
    if (next?.certificate === undefined) return undefined
    const key = { privateKey: next.privateKey, certificate: next.certificate }
    return { key, credential: this.#credentialOf(key) }
  }

  #credentialOf(key: Required<NextKey>): Credential {
    return credentialOf(this.#registration.identity.clientId, key)
  }
}

/**
 * Heartbeats: each brings the nonce of the answer before, which is kept durably first. A refused machine says so, and a
 * copy gets no token any more.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

import { type AssignedIdentity, afterRefusal, type PartHealth } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Credential, Credentials } from '../authority/credential.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import { type Presence, readPresence, writePresence } from '../machine/presence.ts'
import { cleanHostName } from './host-name.ts'
import type { OnboardingClient } from './onboarding-client.ts'

/** A control plane that was put back to a backup, or an older one, may have lost what it was told. */
const HEALTH_TOLD_FOR_MS = 86_400_000

/** What heartbeats are made of. */
export interface HeartbeatsOptions {
  folder: string
  credentials: Credentials
  onboarding: OnboardingClient
  /** As the host calls itself now. */
  hostName: () => string
  /** What the machine tells of itself; sent once, since it hardly ever changes. */
  properties: object
  now: () => number
  /** Takes the CA certificates that an answer names; what it throws is tried again with the next answer. */
  learnAuthorities?: (told: readonly string[]) => Promise<void>
  log?: Logger | undefined
}

/** What a heartbeat taught: the control plane took it, or refused this machine, which may have no token any more. */
export type Beat = TakenBeat | { refusal: OnboardingRefused }

/** What the control plane answered to a heartbeat that it took. */
export interface TakenBeat {
  /** The seconds until the next one by the control plane's wish. */
  nextSeconds: number
  /** The user-assigned identities, if they are others than before. */
  newIdentities: readonly AssignedIdentity[] | undefined
}

/** The heartbeats of a machine whose folder has a nonce; undefined for one without, which has none to send. */
export async function openHeartbeats(options: HeartbeatsOptions): Promise<Heartbeats | undefined> {
  const presence = await readPresence(options.folder)
  return presence && new Heartbeats(options, presence)
}

/** Sends heartbeats. */
export class Heartbeats {
  readonly #options: HeartbeatsOptions
  #presence: Presence
  #isIntroduced = false
  #isRefusalNew = false
  /** The health that the control plane has, as JSON, and when it was told; milliseconds since 1970. */
  #told: { health: string | undefined; at: number } = { health: undefined, at: 0 }

  constructor(options: HeartbeatsOptions, presence: Presence) {
    this.#options = options
    this.#presence = presence
  }

  /** What is known from the last heartbeat. */
  get presence(): Presence {
    return this.#presence
  }

  /**
   * Sends one, with `health` if that is not what the control plane has already.
   *
   * @throws {OnboardingRefused | SourceError} and nothing is lost: the same nonce is sent again.
   */
  async beat(signal: AbortSignal, health?: readonly PartHealth[]): Promise<Beat> {
    const { credentials } = this.#options
    let credential: Credential | undefined
    try {
      credential = await credentials.usable(signal)
      return await this.#send(credential, { signal, health })
    } catch (error) {
      if (!(error instanceof OnboardingRefused) || afterRefusal(error.code) !== 'stop') throw error
      const isClone = error.code === 'MachineCloned'
      if (credential && !isClone && credentials.afterRefusal(credential))
        return await this.beat(signal, health)
      this.#noteRefusal(error)
      return { refusal: error }
    }
  }

  /**
   * Writes a new refusal down, for `show`. It comes after `beat`, so that the agent throws its tokens away before it
   * waits for the disk. If it cannot be written, the next heartbeat is refused anew.
   */
  async keepRefusal(): Promise<void> {
    const { folder, log } = this.#options
    if (!this.#isRefusalNew) return
    this.#isRefusalNew = false
    await writePresence(folder, this.#presence).catch((err) => log?.warn({ err }, 'not kept'))
  }

  async #send(
    credential: Credential,
    { signal, health }: { signal: AbortSignal; health: readonly PartHealth[] | undefined },
  ): Promise<TakenBeat> {
    const { onboarding, hostName, properties, credentials } = this.#options
    const { nonce, identities } = this.#presence
    const introduction = this.#isIntroduced ? {} : { properties }
    const news = health && this.#isNews(health) ? { health } : {}
    const beat = {
      sign: credential.sign,
      nonce,
      hostName: cleanHostName(hostName()),
      ...introduction,
      ...news,
    }
    const answer = await onboarding.heartbeat(beat, signal)
    this.#isIntroduced = true
    if (news.health && answer.healthTaken)
      this.#told = { health: JSON.stringify(health), at: this.#options.now() }
    await credentials.proven(credential)
    await this.#keep({
      nonce: answer.nonce,
      identities: answer.identities,
      ...(answer.tags && { tags: answer.tags }),
      lastHeartbeatAt: new Date(this.#options.now()).toISOString(),
    })
    if (answer.caCertificates) await this.#learn(answer.caCertificates)
    return { nextSeconds: answer.nextHeartbeatSeconds, newIdentities: newOnes(identities, answer.identities) }
  }

  #isNews(health: readonly PartHealth[]): boolean {
    const { health: told, at } = this.#told
    return JSON.stringify(health) !== told || Math.abs(this.#options.now() - at) > HEALTH_TOLD_FOR_MS
  }

  /** The heartbeat has succeeded, whatever comes of this. */
  async #learn(told: readonly string[]): Promise<void> {
    const { learnAuthorities, log } = this.#options
    await learnAuthorities?.(told).catch((err) =>
      log?.error({ err }, 'the new CA of the control plane could not be kept; it is tried again'),
    )
  }

  /** The new nonce is used only once it is kept: the one before is good as well, but not the one before that. */
  async #keep(presence: Presence): Promise<void> {
    const { folder, log } = this.#options
    const former = this.#presence
    await writePresence(folder, presence)
    this.#presence = presence
    if (former.refusal) log?.info('the control plane takes this machine again')
  }

  #noteRefusal({ code, message }: OnboardingRefused): void {
    const { now, log } = this.#options
    log?.error({ code }, message)
    this.#isRefusalNew = this.#presence.refusal?.code !== code
    this.#presence = {
      ...this.#presence,
      refusal: { code, message, at: this.#presence.refusal?.at ?? new Date(now()).toISOString() },
    }
  }
}

function newOnes(
  former: readonly AssignedIdentity[],
  now: readonly AssignedIdentity[],
): readonly AssignedIdentity[] | undefined {
  return JSON.stringify(former) === JSON.stringify(now) ? undefined : now
}

/**
 * The certificates by which this machine proves itself at Entra ID: one, or while it is replaced the next one, which is tried
 * first, and the one before, which is kept for a day.
 *
 * @see docs/entra.md#another-certificate
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import type { Logger } from '@landfast/server'
import { AgentError } from '../errors.ts'
import type { CertificateProof, EntraKey } from '../machine/entra-registration.ts'
import { type Credential, type Credentials, credentialOf } from './credential.ts'

/** A key that Entra ID does not know is tried again after this. */
const REFUSED_FOR_MS = 5 * 60_000

/** The former key is kept for this long after another one was taken: where Entra ID has not learnt of it, the old one goes on. */
const FORMER_KEPT_MS = 86_400_000

/** What they are made of. */
export interface EntraCredentialsOptions {
  clientId: string
  proof: CertificateProof
  /** Keeps a changed proof durably. */
  keep: (proof: CertificateProof) => Promise<void>
  log?: Logger | undefined
  /** Milliseconds since 1970. */
  now: () => number
}

/** The credentials of the application. */
export class EntraCredentials implements Credentials {
  readonly #options: EntraCredentialsOptions
  readonly #made = new Map<string, Credential>()
  /** Until when a key is not tried, by its certificate. */
  readonly #refusedUntil = new Map<Credential, number>()
  /** Those that Entra ID took when they were last tried. */
  readonly #taken = new Set<Credential>()
  #proof: CertificateProof
  #settling: Promise<void> | undefined

  /** @throws {AgentError} `entra_broken` if a key or certificate is none. */
  constructor(options: EntraCredentialsOptions) {
    this.#options = options
    this.#proof = options.proof
    try {
      for (const key of keysOf(options.proof)) {
        createPrivateKey(key.privateKey)
        this.#credentialOf(key)
      }
    } catch {
      // The cause may quote the key.
      throw new AgentError('entra_broken', 'entra.json has a key or a certificate that is none')
    }
  }

  /** When the newest key was made; milliseconds since 1970. */
  get keyMadeAt(): number {
    const { registeredAt, next } = this.#proof
    return Date.parse(next?.registeredAt ?? registeredAt)
  }

  async usable(): Promise<Credential> {
    return this.#untried() ?? this.#credentialOf(this.#proof)
  }

  async proven(credential: Credential): Promise<void> {
    this.#refusedUntil.delete(credential)
    this.#taken.add(credential)
    // What fails here is tried again after the next use; until then every key is kept.
    this.#settling ??= this.#settle(credential)
      .catch((err) => this.#options.log?.error({ err }, 'the new certificate for Entra ID could not be kept'))
      .finally(() => {
        this.#settling = undefined
      })
    await this.#settling
  }

  afterRefusal(credential: Credential): boolean {
    // The administrator has changed the application: another key may be the one that it has now.
    if (this.#taken.delete(credential)) this.#refusedUntil.clear()
    this.#refusedUntil.set(credential, this.#options.now() + REFUSED_FOR_MS)
    return this.#untried() !== undefined
  }

  async #settle(credential: Credential): Promise<void> {
    const { next, former, ...present } = this.#proof
    const { now, log } = this.#options
    if (next && credential === this.#credentialOf(next)) {
      const until = new Date(now() + FORMER_KEPT_MS).toISOString()
      const { kind, registeredAt: _, ...replaced } = present
      await this.#keep({ kind, ...next, former: { ...replaced, until } })
      log?.info('Entra ID takes the new certificate of this machine; the one before is kept for a day')
    } else if (former && credential === this.#credentialOf(present) && now() >= Date.parse(former.until)) {
      await this.#keep(next ? { ...present, next } : present)
      log?.info('the former certificate for Entra ID is gone')
    }
  }

  async #keep(proof: CertificateProof): Promise<void> {
    await this.#options.keep(proof)
    this.#proof = proof
  }

  /** The best one that was not refused just now. */
  #untried(): Credential | undefined {
    const now = this.#options.now()
    return keysOf(this.#proof)
      .map((key) => this.#credentialOf(key))
      .find((one) => now >= (this.#refusedUntil.get(one) ?? 0))
  }

  #credentialOf(key: EntraKey): Credential {
    const made = this.#made.get(key.certificate) ?? credentialOf(this.#options.clientId, key)
    this.#made.set(key.certificate, made)
    return made
  }
}

/** In the order in which they are tried. */
function keysOf(proof: CertificateProof): EntraKey[] {
  return [proof.next, proof, proof.former].filter((key) => key !== undefined)
}

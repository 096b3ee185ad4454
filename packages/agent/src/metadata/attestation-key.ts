/**
 * The key that signs attested documents and nothing else. It is made with the first one and lives in memory alone; the
 * control plane certifies it for a day, and in the middle of that day another takes its place.
 *
 * @see docs/metadata.md#the-attested-document
 * @module
 */

import { generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { WireError } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Clock } from '../clock.ts'

/** After a failure, nothing is sent for this long, however many ask. */
const RETRY_AFTER_SECONDS = 10

/** The control plane must answer within this time, since the caller waits for it. */
const WITHIN_MS = 10_000

/** Has the public half of `privateKey` (PEM) certified; resolves to the certificate (PEM). */
export type CertifyAttestation = (privateKey: string, signal: AbortSignal) => Promise<string>

/** A certified key. */
export interface AttestationKey {
  key: KeyObject
  /** DER. */
  certificate: Uint8Array
  /** Before it nobody believes it, where a clock was set back; milliseconds since 1970. */
  notBefore: number
  /** When another is made; milliseconds since 1970. */
  renewAt: number
  /** When it is good for nothing; milliseconds since 1970. */
  notAfter: number
}

/** What the key is made with. */
export interface AttestationKeyOptions {
  certify: CertifyAttestation | undefined
  clock: Clock
  log: Logger
}

/** Keeps one key. */
export class AttestationKeys {
  readonly #options: AttestationKeyOptions
  #current: AttestationKey | undefined
  #making: Promise<AttestationKey> | undefined
  /** By the monotonic clock, in milliseconds. */
  #notBefore = Number.NEGATIVE_INFINITY

  constructor(options: AttestationKeyOptions) {
    this.#options = options
  }

  /**
   * The key to sign with now. One request to the control plane at most is under way, and none follows a failure at
   * once; a key that is only due is good until its end.
   *
   * @throws {WireError} `attestation_unavailable`.
   */
  async get(): Promise<AttestationKey> {
    const now = this.#options.clock.now()
    const isGood = this.#current && now >= this.#current.notBefore && now < this.#current.renewAt
    if (this.#current && isGood) return this.#current
    try {
      return await this.#renewed()
    } catch (cause) {
      if (this.#current && now < this.#current.notAfter) return this.#current
      throw new WireError('attestation_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause })
    }
  }

  #renewed(): Promise<AttestationKey> {
    const { clock, log } = this.#options
    if (clock.monotonic() < this.#notBefore) throw new Error('the last try has just failed')
    this.#making ??= this.#make()
      .then((made) => {
        this.#current = made
        return made
      })
      .catch((err) => {
        this.#notBefore = clock.monotonic() + RETRY_AFTER_SECONDS * 1000
        log.warn({ err }, 'the control plane did not certify the key for attested documents')
        throw err
      })
      .finally(() => {
        this.#making = undefined
      })
    return this.#making
  }

  async #make(): Promise<AttestationKey> {
    const { certify, clock } = this.#options
    if (!certify) throw new Error('this agent has no control plane that certifies keys')
    const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const certificate = new X509Certificate(await certify(pem, AbortSignal.timeout(WITHIN_MS)))
    if (!certificate.checkPrivateKey(pair.privateKey)) throw new Error('the certificate is for another key')
    const [notBefore, notAfter] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
    // From now, since it began before it was made.
    const now = clock.now()
    const renewAt = now + (notAfter - now) / 2
    return { key: pair.privateKey, certificate: certificate.raw, notBefore, renewAt, notAfter }
  }
}

/**
 * The routes of a control plane by which a machine comes and stays, as the machine calls them.
 *
 * @see docs/onboarding.md
 * @module
 */

import {
  afterRefusal,
  type Enrolment,
  type EnrolmentRequest,
  type EntraCertificateRequest,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  ONBOARDING_PATH,
  type Renewal,
  readEnrolment,
  readHeartbeatAnswer,
  readOnboardingRefusal,
  readRenewal,
  readRetryAfter,
} from '@landfast/protocol'
import type { SignAssertion } from '../authority/assertion.ts'
import type { AuthorityClock } from '../authority/authority-clock.ts'
import type { HttpsAnswer, HttpsClient } from '../authority/https-client.ts'
import { OnboardingRefused } from '../authority/onboarding-refused.ts'
import type { ProvableKey, SignProof } from '../machine/machine-key.ts'
import { SourceError } from '../tokens/source.ts'
import { cleanHostName } from './host-name.ts'

/** What the routes are called with. */
export interface OnboardingClientOptions {
  https: HttpsClient
  /** `https://HOST[:PORT]` as the control plane calls itself. */
  origin: string
  clock: AuthorityClock
  /** As the host calls itself, where the control plane is to know who came. */
  hostName?: () => string
}

/** A key to be certified, and what proves the machine that asks. */
interface CertifyRequest extends ProvableKey {
  sign: SignAssertion
}

/** Every call throws {@link OnboardingRefused}, or a {@link SourceError} if the same may succeed later. */
export class OnboardingClient {
  readonly #options: OnboardingClientOptions

  constructor(options: OnboardingClientOptions) {
    this.#options = options
  }

  /** Registers the machine with a join token. */
  enrol(
    { signProof, ...request }: Omit<EnrolmentRequest, 'proof' | 'hostName'> & { signProof: SignProof },
    signal: AbortSignal,
  ): Promise<Enrolment> {
    return this.#post(ONBOARDING_PATH.enrol, signal, readEnrolment, (moment) => ({
      ...request,
      ...this.#origin(),
      proof: signProof(moment),
    }))
  }

  /** Fetches the certificate of a machine that was made through Resource Manager. */
  fetchCertificate(
    { resourceId, signProof }: { resourceId: string; signProof: SignProof },
    signal: AbortSignal,
  ): Promise<Enrolment> {
    return this.#post(ONBOARDING_PATH.certificate, signal, readEnrolment, (moment) => ({
      resourceId,
      proof: signProof(moment),
    }))
  }

  /** Has the key certified as the machine's next one. */
  renew(request: CertifyRequest, signal: AbortSignal): Promise<Renewal> {
    return this.#certify(ONBOARDING_PATH.renew, request, signal)
  }

  /** Has the key certified to sign attested documents. */
  certifyAttestation(request: CertifyRequest, signal: AbortSignal): Promise<Renewal> {
    return this.#certify(ONBOARDING_PATH.attestation, request, signal)
  }

  /** Has the key certified for the application that the machine is in Entra ID. */
  certifyEntra(
    { applicationId, ...request }: CertifyRequest & Pick<EntraCertificateRequest, 'applicationId'>,
    signal: AbortSignal,
  ): Promise<Renewal> {
    return this.#certify(ONBOARDING_PATH.entra, request, signal, { applicationId })
  }

  /** Says that the machine is there. */
  heartbeat(
    { sign, ...request }: Omit<HeartbeatRequest, 'assertion'> & { sign: SignAssertion },
    signal: AbortSignal,
  ): Promise<HeartbeatAnswer> {
    return this.#post(ONBOARDING_PATH.heartbeat, signal, readHeartbeatAnswer, (moment) => ({
      ...request,
      assertion: sign(moment),
    }))
  }

  #certify(
    path: string,
    { sign, publicKey, signProof }: CertifyRequest,
    signal: AbortSignal,
    more: object = {},
  ): Promise<Renewal> {
    return this.#post(path, signal, readRenewal, (moment) => ({
      ...more,
      assertion: sign(moment),
      publicKey,
      ...this.#origin(),
      proof: signProof(moment),
    }))
  }

  #origin(): { hostName?: string } {
    const { hostName } = this.#options
    return hostName ? { hostName: cleanHostName(hostName()) } : {}
  }

  async #post<T>(
    path: string,
    signal: AbortSignal,
    read: (body: unknown) => T | undefined,
    bodyAt: (moment: { url: string; nowSeconds: number }) => object,
  ): Promise<T> {
    const { https, origin, clock } = this.#options
    const url = `${origin}${path}`
    const send = async () => {
      const answer = await https.send(url, { json: bodyAt({ url, nowSeconds: clock.nowSeconds() }), signal })
      clock.look(answer)
      return answer
    }
    const answer = await send()
    if (!isOutOfTime(answer) || !clock.correct(answer)) return readAnswer(answer, read)
    return readAnswer(await send(), read)
  }
}

function isOutOfTime({ body }: HttpsAnswer): boolean {
  const code = readOnboardingRefusal(body)?.code
  return code !== undefined && afterRefusal(code) === 'again'
}

function readAnswer<T>(answer: HttpsAnswer, read: (body: unknown) => T | undefined): T {
  const { status, body, headers } = answer
  const result = status === 200 || status === 201 ? read(body) : undefined
  if (result !== undefined) return result
  const refusal = readOnboardingRefusal(body)
  const message = `the control plane answered ${status}: ${refusal?.message ?? 'nothing that makes sense'}`
  if (refusal?.code && afterRefusal(refusal.code) !== 'again' && status >= 400 && status < 500) {
    throw new OnboardingRefused(refusal.code, refusal.message)
  }
  const retryAfterSeconds = readRetryAfter(headers, Date.now())
  throw new SourceError(status === 429 ? 'throttled' : 'unavailable', message, { retryAfterSeconds })
}

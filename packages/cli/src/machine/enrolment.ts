/**
 * Registers the machine for `connect`: with a join token by itself, or through Resource Manager with a credential.
 *
 * @see docs/connect.md
 * @module
 */

import { hostname } from 'node:os'
import { SourceError } from '@landfast/agent'
import {
  AuthorityClock,
  createHttpsClient,
  fetchCa,
  OnboardingClient,
  OnboardingRefused,
  type PendingRegistration,
  UntrustedCa,
} from '@landfast/agent/upstream'
import { type Enrolment, ONBOARDING_PATH, type OnboardingErrorCode } from '@landfast/protocol'
import type { Proxies } from '@landfast/server/proxy'
import { CliError, type CliErrorCode } from '../cli-error.ts'
import { createControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { explainUnreachable } from '../control-plane/control-plane-failure.ts'
import { ControlPlaneRefusal } from '../control-plane/control-plane-refusal.ts'
import { correlated } from '../control-plane/correlation.ts'
import type { Trust } from '../control-plane/trusted-ca.ts'
import type { JoinTarget, ResourceTarget } from './connect-target.ts'
import { createMachine } from './machine-resource.ts'

/** A request that takes longer is given up. */
const DEADLINE_MILLISECONDS = 30_000

/** What a registration is made with. */
export interface EnrolmentParts {
  pending: PendingRegistration
  /** What the machine tells of itself. */
  properties: object
  /** By what the control plane is reached. Default: directly. */
  proxies?: Proxies | undefined
  /** Told what is done next. */
  progress: (step: string) => void
}

/** How a control plane is reached. */
type Way = Pick<EnrolmentParts, 'proxies'>

/** What came of it. */
export interface EnrolmentResult {
  enrolment: Enrolment
  /** The CAs by which the control plane is known, PEM; undefined if this host trusts it anyway. */
  ca: string | undefined
  /** Whether those that this host trusts count beside it. */
  usesSystemCa: boolean
}

/**
 * Registers the machine with a join token.
 *
 * @throws {CliError} and the same may be asked again.
 */
export async function enrolByToken(
  { token, name, location, tags, trust, correlationId }: JoinTarget,
  { pending, properties, progress, proxies }: EnrolmentParts,
): Promise<EnrolmentResult> {
  return await explained(async () => {
    const { url, caFingerprint, secret } = token
    progress(`asking ${url} who it is`)
    const pinned =
      caFingerprint === undefined
        ? undefined
        : await fetchCa(url, caFingerprint, { signal: deadline(), proxies })
    const trusted = joined(trust, pinned)
    progress('registering this machine')
    const request = { joinTokenSecret: secret, name, tags, properties, ...pending }
    const enrolment = await withOnboarding(url, { ...trusted, proxies, correlationId }, (client) =>
      client.enrol({ ...request, ...(location !== undefined && { location }) }, deadline()),
    )
    // The token alone knows whether it is for another one, which this host becomes again.
    progress(`it is the machine "${nameIn(enrolment.identity.resourceId)}" now`)
    return { enrolment, ...trusted }
  })
}

/**
 * Makes the machine through Resource Manager and fetches its certificate.
 *
 * @throws {CliError} and the same may be asked again.
 */
export async function enrolByCredential(
  target: ResourceTarget,
  { pending, properties, progress, proxies }: EnrolmentParts,
): Promise<EnrolmentResult> {
  const { url, trust, tenantId, credential, name, correlationId } = target
  const { vmId, publicKey, signProof } = pending
  const way = { url, ...trust, proxies, correlationId }
  const client = await createControlPlaneClient({ ...way, tenantId, credential })
  try {
    progress(`asking ${url} for a token`)
    const { origin } = new URL(await client.authority())
    if (origin !== url) {
      progress(`looking whether its own name leads to it, by which the agent will ask: ${origin}`)
      await lookAtOwnName(origin, way)
    }
    progress(`creating the machine "${name}" in the resource group "${target.resourceGroup}"`)
    const resourceId = await createMachine(client, target, { vmId, publicKey, properties })
    progress('fetching the certificate of its key')
    const enrolment = await explained(() =>
      withOnboarding(origin, { ...trust, proxies, correlationId }, (onboarding) =>
        onboarding.fetchCertificate({ resourceId, signProof }, deadline()),
      ),
    )
    return { enrolment, ...trust }
  } finally {
    client.close()
  }
}

/** The agent asks the control plane by its own name. Where that leads nowhere, no machine is to be made. */
async function lookAtOwnName(origin: string, { ca, usesSystemCa, proxies }: Trust & Way): Promise<void> {
  const https = createHttpsClient(ca, usesSystemCa, proxies)
  try {
    await https.send(origin + ONBOARDING_PATH.caCertificate, { signal: deadline() })
  } catch (error) {
    throw explainUnreachable(error)
  } finally {
    https.close()
  }
}

function nameIn(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1)
}

/** What a join token pins is trusted with what the flags name, and by itself with nothing else. */
function joined(trust: Trust | undefined, pinned: string | undefined): Trust {
  const { ca, usesSystemCa = false } = trust ?? {}
  const named = [pinned, ca].filter((pem) => pem !== undefined)
  return { ca: named.length === 0 ? undefined : named.join('\n'), usesSystemCa }
}

async function withOnboarding<T>(
  origin: string,
  { ca, usesSystemCa, proxies, correlationId }: Trust & Way & Pick<JoinTarget, 'correlationId'>,
  work: (client: OnboardingClient) => Promise<T>,
): Promise<T> {
  const https = correlated(createHttpsClient(ca, usesSystemCa, proxies), correlationId)
  try {
    const clock = new AuthorityClock(Date.now)
    return await work(new OnboardingClient({ https, origin, clock, hostName: hostname }))
  } finally {
    https.close()
  }
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(DEADLINE_MILLISECONDS)
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(error)
  }
}

function explain(error: unknown): unknown {
  if (error instanceof SourceError) return explainUnreachable(error)
  if (error instanceof UntrustedCa) {
    const hints = [
      'nothing secret was sent; ask for a new join token, and look at what answers at its address',
    ]
    return new CliError('control_plane_untrusted', { detail: error.message, hints, cause: error })
  }
  if (!(error instanceof OnboardingRefused)) return error
  const code = CODES[error.code] ?? 'connect_failed'
  return new CliError(code, { detail: error.message, cause: error })
}

/**
 * Whether `error` says that no machine was made for `target`: a definite refusal, of a key that the control plane does not
 * know. One by a proxy or of the certificate, which is fetched after a machine was made, says nothing of it.
 */
export function isNothingMade(target: JoinTarget | ResourceTarget, error: unknown): boolean {
  if (!(error instanceof CliError)) return false
  const { code, cause } = error
  if (code === 'credentials_refused') return true
  if ('token' in target) return cause instanceof OnboardingRefused && cause.code !== 'KeyKnown'
  return cause instanceof ControlPlaneRefusal && cause.code !== '' && cause.status < SERVER_FAULT
}

const SERVER_FAULT = 500

/** What is not here has no exit code of its own at `azcmagent`. */
const CODES: Partial<Record<OnboardingErrorCode, CliErrorCode>> = {
  JoinTokenRefused: 'credentials_refused',
  MachineExists: 'machine_exists',
  KeyKnown: 'machine_exists',
  InvalidParameter: 'argument_invalid',
}

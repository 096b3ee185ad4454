/**
 * Tokens from Entra ID for the application that this machine is there.
 *
 * @see docs/entra.md
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Proxies } from '@landfast/server/proxy'
import { AgentError } from '../errors.ts'
import { ENTRA_CLOUDS } from '../machine/entra-clouds.ts'
import {
  type CertificateProof,
  type EntraRegistration,
  entraAuthorityOf,
  entraIdentityOf,
  writeEntraRegistration,
} from '../machine/entra-registration.ts'
import { lockMachine } from '../machine/machine-lock.ts'
import { sweepStateDrafts } from '../machine/state-json.ts'
import type { TokenSource } from '../tokens/source.ts'
import { AuthorityClock } from './authority-clock.ts'
import type { Credentials } from './credential.ts'
import { CredentialSource } from './credential-source.ts'
import { EntraCredentials } from './entra-credentials.ts'
import { explainEntra } from './entra-errors.ts'
import { type ExchangePlane, federatedCredentials } from './federated-credentials.ts'
import type { HttpsClient } from './https-client.ts'

/** What the application is made of. */
export interface EntraOptions {
  /** The state folder, in which a new certificate is kept. */
  folder: string
  registration: EntraRegistration
  /** The machine's control plane, without which there is no federation. */
  plane?: ExchangePlane | undefined
  /** By what Entra ID is reached. Default: directly. */
  proxies?: Proxies | undefined
  /** Keeps a changed proof. Default: durably in `folder`. */
  keep?: ((proof: CertificateProof) => Promise<void>) | undefined
  log?: Logger | undefined
  /** Milliseconds since 1970. */
  now?: () => number
}

/** The application, ready to be served. */
export interface EntraApplication {
  identity: Identity
  source: TokenSource
  /** What proves it where a user-assigned identity does. */
  exchange: EntraExchange | undefined
}

/** The token by which the application is proven: who has it is the application, here or elsewhere. */
export interface EntraExchange {
  audience: string
  /** The ARM id of the user-assigned identity. */
  resourceId: string
}

/**
 * The application of `registration`. Nothing is sent before the first token is asked for.
 *
 * @throws {AgentError} `entra_broken`.
 */
export function openEntraApplication(options: EntraOptions): EntraApplication {
  const { registration, log, now = Date.now } = options
  const exchange = exchangeOf(registration)
  const { credentials, keyMadeAt } = credentialsOf(options, exchange)
  const endpoint = `${entraAuthorityOf(registration)}/oauth2/v2.0/token`
  const source = new CredentialSource({
    kind: {
      tokenEndpoint: async () => endpoint,
      explain: (answer) => explainEntra(answer, { now: now(), keyMadeAt: keyMadeAt() }),
    },
    openHttps: () => openHttps(options),
    credentials,
    clock: new AuthorityClock(now, log),
  })
  return { identity: entraIdentityOf(registration), source, exchange }
}

/**
 * The application of a machine that has no control plane. The folder is locked until the source is closed.
 *
 * @throws {AgentError} `state_folder_held` or `entra_broken`.
 */
export async function openEntraAlone(options: Omit<EntraOptions, 'plane'>): Promise<EntraApplication> {
  const { folder } = options
  const lock = lockMachine(folder)
  if ('heldBy' in lock) throw new AgentError('state_folder_held', `"${folder}", ${lock.heldBy}`)
  try {
    await sweepStateDrafts(folder)
    const { identity, source, exchange } = openEntraApplication(options)
    const close = () => {
      source.close()
      lock.release()
    }
    return { identity, exchange, source: { getToken: (...asked) => source.getToken(...asked), close } }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The audience and identity by which `registration` proves itself; undefined where a certificate does. */
export function exchangeOf({ cloud, proof }: EntraRegistration): EntraExchange | undefined {
  if (proof.kind !== 'federation') return undefined
  return { audience: ENTRA_CLOUDS[cloud].exchangeAudience, resourceId: proof.identity }
}

/** The CAs of the control plane do not count here: it could be anybody's. TLS is loaded with the first request. */
async function openHttps({ registration: { ca }, proxies }: EntraOptions): Promise<HttpsClient> {
  const { createHttpsClient } = await import('./https-client.ts')
  return createHttpsClient(ca, true, proxies)
}

function credentialsOf(
  { folder, registration, plane, keep, log, now = Date.now }: EntraOptions,
  exchange: EntraExchange | undefined,
): { credentials: Credentials; keyMadeAt: () => number | undefined } {
  const { clientId, proof } = registration
  if (proof.kind === 'certificate') {
    const write = (kept: CertificateProof) => writeEntraRegistration(folder, { ...registration, proof: kept })
    const credentials = new EntraCredentials({ clientId, proof, keep: keep ?? write, log, now })
    return { credentials, keyMadeAt: () => credentials.keyMadeAt }
  }
  if (!plane || !exchange) {
    throw new AgentError('entra_broken', 'the proof is by federation, and this machine has no control plane')
  }
  return { credentials: federatedCredentials(plane, { clientId, ...exchange }), keyMadeAt: () => undefined }
}

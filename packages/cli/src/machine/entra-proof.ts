/**
 * What proves this host at Entra ID: a key that is made here, with a certificate that it signs itself or that its control
 * plane signs, or a user-assigned identity of its control plane.
 *
 * @see docs/entra.md
 * @module
 */

import { hostname } from 'node:os'
import { findRegistration, type Registration } from '@landfast/agent'
import {
  type CertificateProof,
  type EntraIssuer,
  type FederationProof,
  findAssigned,
  selfSigned,
} from '@landfast/agent/entra'
import { certifyForEntra, newMachineKey, readPresence } from '@landfast/agent/upstream'
import { ENTRA_CERTIFICATE_DAYS } from '@landfast/protocol'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import { explainCertifier } from './entra-certifier-failure.ts'

/** The control plane is given up after this. */
const ANSWER_MILLISECONDS = 30_000

const CONNECT_FIRST = 'connect it first: landfast connect --join-token-file FILE'

/** What a certificate is made for. */
export interface CertificateWish {
  stateDir: string
  issuer: EntraIssuer
  /** The client id of the application. */
  applicationId: string
  /** By what the control plane of the machine is reached. */
  proxiesTo: (machine: Registration) => Promise<Proxies>
}

/**
 * A new key and its certificate. Nothing is written.
 *
 * @throws {CliError} `argument_invalid`, `control_plane_unreachable`, `proxy_failed` or `connect_failed`.
 */
export async function certificateProof(wish: CertificateWish): Promise<CertificateProof> {
  const { issuer } = wish
  const machine = issuer === 'control-plane' ? await connectedMachine(wish.stateDir) : undefined
  const privateKey = await newMachineKey()
  const now = new Date()
  const certificate = machine
    ? await certifiedBy(machine, privateKey, wish)
    : await selfSigned({ privateKey, commonName: commonName(), now, days: ENTRA_CERTIFICATE_DAYS })
  return { kind: 'certificate', privateKey, certificate, issuer, registeredAt: now.toISOString() }
}

function commonName(): string {
  return `landfast ${hostname()}`.slice(0, 64)
}

async function connectedMachine(stateDir: string): Promise<Registration> {
  const machine = await findRegistration(stateDir)
  if (machine) return machine
  throw new CliError('argument_invalid', {
    detail: 'a certificate of the control plane needs one, and this machine is connected to none',
    hints: [CONNECT_FIRST, 'or let this machine sign it itself: --certificate-from self-signed'],
  })
}

async function certifiedBy(
  machine: Registration,
  privateKey: string,
  { stateDir, applicationId, proxiesTo }: CertificateWish,
): Promise<string> {
  const proxies = await proxiesTo(machine)
  const signal = AbortSignal.timeout(ANSWER_MILLISECONDS)
  const asked = { folder: stateDir, applicationId, privateKey, hostName: hostname, proxies, signal }
  return await certifyForEntra(asked).catch((error) => {
    throw explainCertifier(error)
  })
}

/**
 * The identity `wanted`, of which the control plane has to have told this machine.
 *
 * @throws {CliError} `argument_invalid`.
 */
export async function federationProof(stateDir: string, wanted: string): Promise<FederationProof> {
  if (!(await findRegistration(stateDir))) {
    throw new CliError('argument_invalid', {
      detail: '--federated-identity needs a control plane, and this machine is connected to none',
      hints: [CONNECT_FIRST],
    })
  }
  const found = findAssigned((await readPresence(stateDir))?.identities ?? [], wanted)
  if (found) return { kind: 'federation', identity: found.resourceId }
  throw new CliError('argument_invalid', {
    detail: `this machine does not have the identity "${wanted}", or has not heard of it yet`,
    hints: [
      'assign it with "landfast identity assign"; the next heartbeat tells the machine, within five minutes',
    ],
  })
}

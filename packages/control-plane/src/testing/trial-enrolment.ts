/**
 * A machine that enrols at a control plane in another process, with a join token that was made there. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { assertionClaims, type EnrolmentRequest, ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { SignJWT } from 'jose'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { ControlPlane } from '../control-plane.ts'
import { makeProof } from './machine-keys.ts'
import { type Answer, makeKeys, send, type TrialMachine } from './trial.ts'

/** Enrols a machine called "m1" with a key of its own; its first heartbeat brings `nonce`. */
export async function enrolTrialMachine(
  controlPlane: Pick<ControlPlane, 'url' | 'caFile'>,
  joinToken: string,
): Promise<TrialMachine & { nonce: string }> {
  const { privateKey, publicKey } = await makeKeys()
  const url = controlPlane.url + ONBOARDING_PATH.enrol
  const request: EnrolmentRequest = {
    joinTokenSecret: parseJoinToken(joinToken)?.secret ?? '',
    name: 'm1',
    publicKey,
    proof: await makeProof({ privateKey, url, now: new Date() }),
    vmId: randomUUID(),
  }
  const headers = { 'Content-Type': 'application/json' }
  const { body } = await send(controlPlane, url, { body: JSON.stringify(request), headers })
  return { privateKey, publicKey, ...body }
}

/** Sends a heartbeat of `machine` with `nonce`. */
export async function sendHeartbeat(
  controlPlane: Pick<ControlPlane, 'url' | 'caFile'>,
  { privateKey, certificate, identity: { clientId } }: TrialMachine,
  nonce: string,
): Promise<Answer> {
  const url = controlPlane.url + ONBOARDING_PATH.heartbeat
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = assertionClaims({ tokenEndpoint: url, clientId, jti: randomUUID(), nowSeconds })
  const assertion = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', 'x5t#S256': thumbprintsOf(certificate).sha256 })
    .sign(privateKey)
  const body = JSON.stringify({ assertion, nonce, hostName: 'host-a' })
  return send(controlPlane, url, { body, headers: { 'Content-Type': 'application/json' } })
}

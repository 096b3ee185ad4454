/**
 * A machine that enrols at a control plane in another process, with a join token that was made there. Not published.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type EnrolmentRequest, ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import type { ControlPlane } from '../control-plane.ts'
import { makeProof } from './machine-keys.ts'
import { makeKeys, send, type TrialMachine } from './trial.ts'

/** Enrols a machine called "m1" with a key of its own. */
export async function enrolTrialMachine(
  controlPlane: Pick<ControlPlane, 'url' | 'caFile'>,
  joinToken: string,
): Promise<TrialMachine> {
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
  return { privateKey, publicKey, identity: body.identity, certificate: body.certificate }
}

/**
 * Machines for a bench, enrolled as an agent enrols.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { newMachineKey, type OnboardingClient, provableKeyOf } from '@landfast/agent/upstream'
import { parseJoinToken } from '@landfast/protocol'
import type { BenchMachine } from './control-plane-callers.ts'

/** An enrolment takes some milliseconds. */
const DEADLINE_MILLISECONDS = 30_000

/** Enrols one. */
export async function enrolMachine(
  client: OnboardingClient,
  joinToken: string,
  name: string,
): Promise<BenchMachine> {
  const privateKey = await newMachineKey()
  const joinTokenSecret = parseJoinToken(joinToken)?.secret ?? ''
  const request = { joinTokenSecret, name, vmId: randomUUID(), ...provableKeyOf(privateKey) }
  const { identity, certificate } = await client.enrol(request, AbortSignal.timeout(DEADLINE_MILLISECONDS))
  return { tenantId: identity.tenantId, clientId: identity.clientId, certificate, privateKey }
}

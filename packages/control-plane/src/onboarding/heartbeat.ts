/**
 * The heartbeat: a machine says that it is there, and learns which identities it has. Those that come together are
 * verified against one look-up and written in one commit.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

import {
  cloneMessage,
  HEARTBEAT_SECONDS,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  ONBOARDING_PATH,
} from '@landfast/protocol'
import { type HealthReport, healthReport } from '../registry/health/machine-health.ts'
import { newNonce } from '../registry/new-machine.ts'
import { createGroupCommit, type Submit } from '../storage/group-commit.ts'
import type { Storage } from '../storage/storage.ts'
import { takeAtOnce } from './heartbeat-at-once.ts'
import { type Beat, type BeatOutcome, commitBeats } from './heartbeat-commit.ts'
import { asMachine } from './machine-assertion.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'
import { readReport } from './reported-properties.ts'

/** Takes one heartbeat. @throws {OnboardingError} if the machine must not go on. */
export type TakeHeartbeat = (request: HeartbeatRequest, trace: RequestTrace) => Promise<HeartbeatAnswer>

/** Takes heartbeats into `parts.storage`. */
export function createHeartbeats(parts: OnboardingParts): TakeHeartbeat {
  const submit = createCommit(parts.storage)
  return async (request, { time }) => {
    const url = routeUrl(parts.names, ONBOARDING_PATH.heartbeat)
    return asMachine(request.assertion, { ...parts, url, now: time }, async ({ key, spends }) => {
      if (key.notAfter <= time) throw new OnboardingError('CertificateExpired', { identity: key.identity })
      const { nonce, hostName } = request
      const properties = request.properties && readReport(request.properties)
      const health = healthIn(request)
      const beat = { key, spends, nonce, hostName, properties, health, time, freshNonce: newNonce() }
      return { ...answerOf(await submit(beat), beat), ...taught(parts), ...(health && { healthTaken: true }) }
    })
  }
}

/** An agent that says who it is, and nothing of its parts, is an older one: what a newer one has told of them is over. */
function healthIn({ health, properties }: HeartbeatRequest): HealthReport | null | undefined {
  if (health) return healthReport(health)
  return properties ? null : undefined
}

/** The CAs to trust, once there was more than one: a machine that knows them all takes no notice. */
function taught({ ownAuthority }: OnboardingParts): Pick<HeartbeatAnswer, 'caCertificates'> {
  return ownAuthority?.isChanged ? { caCertificates: ownAuthority.trusted } : {}
}

function createCommit(storage: Storage): Submit<Beat, BeatOutcome> {
  const { lanes } = storage
  return createGroupCommit((beats: readonly Beat[]) => takeBeats(storage, beats), { lanes })
}

/**
 * Takes `beats` in their order; resolves to what became of each when that is durable. What the database can take in one
 * statement goes first, and what is left in a transaction.
 */
export async function takeBeats(storage: Storage, beats: readonly Beat[]): Promise<readonly BeatOutcome[]> {
  const { runAlone, locksRows, announce } = storage
  const taken = runAlone ? await takeAtOnce(beats, { runAlone, noteNews: announce }) : NONE_TAKEN
  const left = beats.filter((beat) => !taken.has(beat))
  if (left.length === 0) return beats.map((beat) => taken.get(beat) as BeatOutcome)
  let isNews = false
  const noteNews = () => {
    isNews = true
  }
  const outcomes = await storage.append((trx) => commitBeats(trx, left, { locksRows, noteNews }))
  if (isNews) announce()
  const settled = new Map([...taken, ...left.map((beat, at) => [beat, outcomes[at] as BeatOutcome] as const)])
  return beats.map((beat) => settled.get(beat) as BeatOutcome)
}

const NONE_TAKEN: ReadonlyMap<Beat, BeatOutcome> = new Map()

function answerOf(outcome: BeatOutcome, { key, hostName, freshNonce }: Beat): HeartbeatAnswer {
  const { identity } = key
  if ('identities' in outcome) {
    const { identities, tags } = outcome
    return { nonce: freshNonce, nextHeartbeatSeconds: HEARTBEAT_SECONDS, identities, tags }
  }
  if (outcome.refused !== 'MachineCloned') throw new OnboardingError(outcome.refused, { identity })
  const message = cloneMessage({ stored: outcome.storedHost, presented: hostName })
  throw new OnboardingError('MachineCloned', { identity, message })
}

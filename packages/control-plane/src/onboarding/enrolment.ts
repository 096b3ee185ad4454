/**
 * Enrolment: a machine that holds a join token registers itself with a key of its own. The token is spent in the
 * transaction of the registration, and the same key gets the same answer again.
 *
 * @see docs/onboarding.md#enrolment
 * @module
 */

import { type Enrolment, type EnrolmentRequest, type Identity, ONBOARDING_PATH } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import { checkPlace, type MachinePlace } from '../registry/machine.ts'
import { type CertifiedKey, certifyKey } from '../registry/machine-key.ts'
import { reportProperties } from '../registry/machine-properties.ts'
import { insertMachine, newMachineIdentity } from '../registry/new-machine.ts'
import { groupResourceId } from '../registry/resource-groups.ts'
import type { Schema } from '../storage/schema.ts'
import { firstAnswer } from './first-answer.ts'
import {
  type Admission,
  admitJoiner,
  type Joiner,
  type JoinToken,
  joinTokenPath,
  spendJoinToken,
} from './join-tokens.ts'
import { onboardingEntry } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'
import { proveSentKey } from './proof.ts'
import { readReport } from './reported-properties.ts'

/** What became of an enrolment. */
export interface EnrolmentOutcome {
  enrolment: Enrolment
  /** False if the answer was given before. */
  isNew: boolean
}

/**
 * Enrols the machine that sent `request`.
 *
 * @throws {OnboardingError | RegistryError} and nothing was changed.
 */
export async function enrol(
  parts: OnboardingParts,
  request: EnrolmentRequest,
  trace: RequestTrace,
): Promise<EnrolmentOutcome> {
  const joiner = await proveJoiner(parts, request, trace)
  const { db } = parts.storage
  const admission = await admitJoiner(db, joiner)
  if (admission.principalId !== undefined) {
    const enrolment = await firstAnswer(db, parts.names, { ...joiner, principalId: admission.principalId })
    return { enrolment, isNew: false }
  }
  const place = placeOf(request, admission.token)
  const identity = newMachineIdentity(parts.names.tenantId, place)
  const certified = await certifyKey(request.publicKey, (publicKey) =>
    parts.certificates.certifyMachine(publicKey, identity.clientId),
  )
  return parts.storage.change((trx) =>
    register(trx, parts, { request, joiner, place, identity, key: certified, trace }),
  )
}

async function proveJoiner(
  { names }: OnboardingParts,
  request: EnrolmentRequest,
  { time }: RequestTrace,
): Promise<Joiner> {
  const { thumbprint } = await proveSentKey(request, {
    url: routeUrl(names, ONBOARDING_PATH.enrol),
    now: time,
  })
  return { secret: request.joinTokenSecret, thumbprint, time }
}

function placeOf({ name, location }: EnrolmentRequest, token: JoinToken): MachinePlace {
  const { subscriptionId, resourceGroup } = token
  const place = { subscriptionId, resourceGroup, name, location: location ?? token.location }
  checkPlace(place)
  return place
}

/** Everything that is decided before the transaction. */
interface Application {
  request: EnrolmentRequest
  joiner: Joiner
  place: MachinePlace
  identity: Identity
  key: CertifiedKey
  trace: RequestTrace
}

async function register(
  trx: Transaction<Schema>,
  { names }: OnboardingParts,
  application: Application,
): Promise<EnrolmentOutcome> {
  const { joiner, identity, trace } = application
  // Another use of the token, or the same request, may have come between.
  const { token, principalId } = await admitJoiner(trx, joiner)
  if (principalId !== undefined) {
    return { enrolment: await firstAnswer(trx, names, { ...joiner, principalId }), isNew: false }
  }
  await checkGroup(trx, token)
  await insertMachine(trx, newMachine(application, { token, principalId }))
  const use = { id: token.id, thumbprint: joiner.thumbprint, principalId: identity.principalId }
  await spendJoinToken(trx, { ...use, time: trace.time })
  await recordAudit(trx, [
    onboardingEntry('use-join-token', trace, { ...identity, resourceId: joinTokenPath(token.id) }),
    onboardingEntry('enrol-machine', trace, identity),
  ])
  const given = { thumbprint: joiner.thumbprint, principalId: identity.principalId, time: trace.time }
  return { enrolment: await firstAnswer(trx, names, given), isNew: true }
}

/** A machine must not bring back the group that an administrator deleted. */
async function checkGroup(trx: Transaction<Schema>, token: JoinToken): Promise<void> {
  const group = await trx
    .selectFrom('resource_group')
    .select('name')
    .where('resource_key', '=', groupResourceId(token).toLowerCase())
    .executeTakeFirst()
  if (!group) throw new OnboardingError('JoinTokenRefused')
}

function newMachine({ request, place, identity, key, trace }: Application, { token }: Admission) {
  const { vmId, properties = {}, tags = {} } = request
  return {
    place,
    identity,
    key,
    vmId: vmId.toLowerCase(),
    properties: reportProperties({}, readReport(properties)),
    tags: tagsOf(tags, token.tags),
    time: trace.time,
  }
}

/** What the administrator said of machines that come with this token is not for them to change. Case makes no other tag. */
function tagsOf(told: JoinToken['tags'], given: JoinToken['tags']): JoinToken['tags'] {
  const taken = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const others = Object.entries(told).filter(([name]) => !taken.has(name.toLowerCase()))
  return { ...Object.fromEntries(others), ...given }
}

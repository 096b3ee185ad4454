/**
 * Enrolment: a machine that holds a join token registers itself with a key of its own. The token is spent in the
 * transaction of the registration, and the same key gets the same answer again.
 *
 * @see docs/onboarding.md#enrolment
 * @module
 */

import { type Enrolment, type EnrolmentRequest, type Identity, ONBOARDING_PATH } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import { checkPlace, type MachinePlace } from '../registry/machine.ts'
import { reportProperties } from '../registry/machine-properties.ts'
import { type CertifiedKey, certifyKey, type MachineKey } from '../registry/machine-public-key.ts'
import { insertMachine, type NewMachine, newMachineIdentity } from '../registry/new-machine.ts'
import { groupResourceId } from '../registry/resource-groups.ts'
import type { Schema } from '../storage/schema.ts'
import { firstAnswer } from './first-answer.ts'
import { admitJoiner, type Joiner, type JoinToken, joinTokenPath, spendJoinToken } from './join-tokens.ts'
import { proveSentKey } from './key-proof.ts'
import { onboardingEntry, originOf } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'
import { type OnboardingParts, type RequestTrace, routeUrl } from './onboarding-parts.ts'
import { findReplaced, replaceKey } from './replacement.ts'
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
  const joiner = proveJoiner(parts, request, trace)
  const admission = await admit(parts.storage.db, parts, joiner)
  if ('enrolment' in admission) return admission
  const replaced = await findReplaced(parts.storage.db, admission)
  if (replaced) return replace(parts, { request, joiner, clientId: replaced.clientId, trace })
  const place = placeOf(request, admission)
  const identity = newMachineIdentity(parts.names.tenantId, place)
  const key = await certifyKey(parts.certificates, joiner, identity.clientId)
  const application = { request, joiner, place, identity, key, trace }
  return parts.shareChange((trx) => register(trx, parts, application))
}

async function replace(
  { storage, certificates, names }: OnboardingParts,
  {
    request,
    joiner,
    clientId,
    trace,
  }: { request: EnrolmentRequest; joiner: ProvenJoiner; clientId: string; trace: RequestTrace },
): Promise<EnrolmentOutcome> {
  const key = await certifyKey(certificates, joiner, clientId)
  return storage.change(async (trx) => {
    const token = await admit(trx, { names }, joiner)
    if ('enrolment' in token) return token
    const machine = await findReplaced(trx, token)
    if (!machine) throw new OnboardingError('JoinTokenRefused')
    return { enrolment: await replaceKey(trx, names, { token, machine, request, key, trace }), isNew: true }
  })
}

/** Who comes with a token's secret and the proof of its key. */
interface ProvenJoiner extends Joiner, MachineKey {}

function proveJoiner(
  { names }: OnboardingParts,
  request: EnrolmentRequest,
  { time }: RequestTrace,
): ProvenJoiner {
  const url = routeUrl(names, ONBOARDING_PATH.enrol)
  const sent = proveSentKey(request, { url, now: time })
  return { ...sent, secret: request.joinTokenSecret, time }
}

/** The token that lets `joiner` in, or the answer that it was given before. */
async function admit(
  db: Kysely<Schema>,
  { names }: Pick<OnboardingParts, 'names'>,
  joiner: Joiner,
): Promise<JoinToken | EnrolmentOutcome> {
  const { token, principalId } = await admitJoiner(db, joiner)
  if (principalId === undefined) return token
  const alsoDisabled = token.replaces !== null
  return { enrolment: await firstAnswer(db, names, { ...joiner, principalId, alsoDisabled }), isNew: false }
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
  parts: OnboardingParts,
  application: Application,
): Promise<EnrolmentOutcome> {
  const { joiner, identity, request, trace } = application
  // Another use of the token, or the same request, may have come between.
  const token = await admit(trx, parts, joiner)
  if ('enrolment' in token) return token
  await checkGroup(trx, token)
  await insertMachine(trx, newMachine(application, token))
  const { thumbprint, time } = joiner
  const given = { thumbprint, principalId: identity.principalId, time }
  await spendJoinToken(trx, { ...given, id: token.id })
  await recordAudit(trx, [
    onboardingEntry('use-join-token', trace, { ...identity, resourceId: joinTokenPath(token.id) }),
    { ...onboardingEntry('enrol-machine', trace, identity), origin: originOf(trace, request.hostName) },
  ])
  return { enrolment: await firstAnswer(trx, parts.names, given), isNew: true }
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

function newMachine({ request, place, identity, key, trace }: Application, token: JoinToken): NewMachine {
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

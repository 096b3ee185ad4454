/**
 * How a join token is made: which place it lets machines into, what is written, and the text that is handed on.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { formatJoinToken } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { readGuid } from '../guid.ts'
import { checkPlace } from '../registry/machine.ts'
import type { MachineResource } from '../registry/machine-resource.ts'
import { ensureGroup, groupResourceId } from '../registry/resource-groups.ts'
import type { Schema } from '../storage/schema.ts'
import {
  insertJoinToken,
  JOIN_TOKEN_LIFETIME_SECONDS,
  JOIN_TOKEN_USES,
  type JoinTokenDemand,
  joinTokenPath,
  type NewJoinToken,
  newJoinToken,
  REPLACING_LIFETIME_MAX_SECONDS,
} from './join-tokens.ts'
import { onboardingErrorOf } from './onboarding-error.ts'
import type { OnboardingParts } from './onboarding-parts.ts'

/** What join tokens are made with. */
export interface JoinTokenParts extends Pick<OnboardingParts, 'storage' | 'names'> {
  /** The first one, for who names none. */
  subscriptionId: string
  /** SHA-256 of the CA certificate in base64url, unless the server's certificate is publicly trusted. */
  caFingerprint: (() => string) | undefined
}

/** What is asked of a token. */
export interface JoinTokenBody {
  subscriptionId?: string
  resourceGroup: string
  location?: string
  uses?: number
  lifetimeSeconds?: number
  tags?: Readonly<Record<string, string>>
}

/** The location of a resource for which none is given. */
const DEFAULT_LOCATION = 'local'

/**
 * Makes a token for the program that runs the control plane, which needs no right: it has the state folder. Who made
 * it is the tenant, since no principal called.
 *
 * @throws {ArmError | OnboardingError} if the place cannot be.
 */
export async function makeJoinToken(parts: JoinTokenParts, body: JoinTokenBody, time: Date): Promise<string> {
  const token = newJoinToken(await readDemand(parts, body, parts.names.tenantId), time)
  const audit: Audit = (action, subject) => unaskedEntry(action, time, subject)
  await parts.storage.change((trx) => writeJoinToken(trx, token, { time, audit }))
  return joinTokenText(parts, token)
}

type Audit = ArmRequest['audit']

/**
 * Reads what is asked for in `body`.
 *
 * @throws {ArmError | OnboardingError} if the place cannot be.
 */
export async function readDemand(
  parts: JoinTokenParts,
  body: JoinTokenBody,
  createdBy: string,
): Promise<JoinTokenDemand> {
  const { uses = JOIN_TOKEN_USES.default, tags = {}, resourceGroup } = body
  const { lifetimeSeconds = JOIN_TOKEN_LIFETIME_SECONDS.default } = body
  const subscriptionId = await knownSubscription(parts, body.subscriptionId)
  const group = await findTokenGroup(parts.storage.db, { subscriptionId, resourceGroup })
  const location = body.location ?? group?.location ?? DEFAULT_LOCATION
  const place = { subscriptionId, resourceGroup: group?.name ?? resourceGroup, location }
  checkDemand(place)
  return { ...place, uses, lifetimeSeconds, tags, createdBy, replaces: null }
}

/**
 * The lifetime of a token that replaces a machine, whose place and tags are known already.
 *
 * @throws {ArmError} `InvalidRequestContent` if `body` asks for more than that.
 */
export function readReplacingLifetime({
  lifetimeSeconds,
  ...others
}: { [Name in keyof JoinTokenBody]?: JoinTokenBody[Name] | undefined }): number {
  const named = Object.entries(others).find(([, value]) => value !== undefined)?.[0]
  if (named !== undefined) {
    throw new ArmError('InvalidRequestContent', { detail: `"${named}" cannot be given with "replaces"` })
  }
  const seconds = lifetimeSeconds ?? JOIN_TOKEN_LIFETIME_SECONDS.default
  if (seconds <= REPLACING_LIFETIME_MAX_SECONDS) return seconds
  const detail = `"lifetimeSeconds" may be ${REPLACING_LIFETIME_MAX_SECONDS} at most with "replaces"`
  throw new ArmError('InvalidRequestContent', { detail })
}

/** What is asked of a token that gives `machine` a new key. */
export function replacingDemand(
  machine: MachineResource,
  asked: Pick<JoinTokenDemand, 'lifetimeSeconds' | 'createdBy'>,
): JoinTokenDemand {
  const { principalId: replaces, resourceId, resourceGroup, location } = machine
  const [, , subscriptionId = ''] = resourceId.split('/')
  return { ...asked, subscriptionId, resourceGroup, location, tags: {}, uses: 1, replaces }
}

async function knownSubscription(
  { storage, subscriptionId: first }: JoinTokenParts,
  subscriptionId = first,
): Promise<string> {
  const id = readGuid(subscriptionId)
  if (!id) throw new ArmError('InvalidSubscriptionId', { subscriptionId })
  const row = await storage.db.selectFrom('subscription').select('id').where('id', '=', id).executeTakeFirst()
  if (!row) throw new ArmError('SubscriptionNotFound', { subscriptionId })
  return row.id
}

function checkDemand(place: Pick<JoinTokenDemand, 'subscriptionId' | 'resourceGroup' | 'location'>): void {
  try {
    // Only the place is looked at: the machine brings its own name.
    checkPlace({ ...place, name: 'any' })
  } catch (error) {
    throw onboardingErrorOf(error)
  }
}

/** The resource group that a token is for, if it is there. */
export function findTokenGroup(
  db: Kysely<Schema>,
  group: Pick<JoinTokenDemand, 'subscriptionId' | 'resourceGroup'>,
) {
  return db
    .selectFrom('resource_group')
    .select(['name', 'location'])
    .where('resource_key', '=', groupResourceId(group).toLowerCase())
    .executeTakeFirst()
}

/** Writes `token`, and its resource group if there is none of that name. */
export async function writeJoinToken(
  trx: Transaction<Schema>,
  token: NewJoinToken,
  { time, audit }: { time: Date; audit: Audit },
): Promise<void> {
  const isThere = await findTokenGroup(trx, token)
  // That of a machine which is to be replaced goes with it, and must not come back.
  if (!isThere && token.replaces === null) {
    await ensureGroup(trx, token, { time })
    await recordAudit(trx, [audit('create-resource-group', { resourceId: groupResourceId(token) })])
  }
  await insertJoinToken(trx, token)
  await recordAudit(trx, [audit('create-join-token', { resourceId: joinTokenPath(token.id) })])
}

/** `token` as it is handed to machines. */
export function joinTokenText({ names, caFingerprint }: JoinTokenParts, { secret }: NewJoinToken): string {
  return formatJoinToken({
    url: names.origin,
    secret,
    ...(caFingerprint ? { caFingerprint: caFingerprint() } : {}),
  })
}

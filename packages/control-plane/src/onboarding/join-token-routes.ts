/**
 * The routes by which administrators make join tokens, read them and take them back.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { formatJoinToken, ONBOARDING_PATH } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { readGuid } from '../guid.ts'
import { checkPlace } from '../registry/machine.ts'
import { DEFAULT_LOCATION } from '../registry/registry.ts'
import { ensureGroup, groupResourceId } from '../registry/resource-groups.ts'
import type { Schema } from '../storage/schema.ts'
import { joinTokenPath } from './enrolment.ts'
import {
  deleteJoinToken,
  findJoinToken,
  insertJoinToken,
  JOIN_TOKEN_LIFETIME_SECONDS,
  JOIN_TOKEN_USES,
  type JoinToken,
  type JoinTokenDemand,
  listJoinTokens,
  type NewJoinToken,
  newJoinToken,
} from './join-tokens.ts'
import { onboardingErrorOf } from './onboarding-error.ts'
import type { OnboardingParts } from './onboarding-parts.ts'
import { TAGS } from './request-schemas.ts'

/** What whoever makes a token lets others do. */
const WRITE = 'Microsoft.HybridCompute/machines/write'
const READ = 'Microsoft.HybridCompute/machines/read'
const WRITE_GROUP = 'Microsoft.Resources/subscriptions/resourceGroups/write'

/** What the routes need besides. */
export interface JoinTokenParts extends Pick<OnboardingParts, 'storage' | 'names'> {
  /** The first one, for who names none. */
  subscriptionId: string
  /** SHA-256 of the CA certificate in base64url, unless the server's certificate is publicly trusted. */
  caFingerprint: string | undefined
}

const DEMAND = {
  type: 'object',
  required: ['resourceGroup'],
  additionalProperties: false,
  properties: {
    subscriptionId: { type: 'string' },
    resourceGroup: { type: 'string' },
    location: { type: 'string' },
    uses: { type: 'integer', minimum: JOIN_TOKEN_USES.min, maximum: JOIN_TOKEN_USES.max },
    lifetimeSeconds: {
      type: 'integer',
      minimum: JOIN_TOKEN_LIFETIME_SECONDS.min,
      maximum: JOIN_TOKEN_LIFETIME_SECONDS.max,
    },
    tags: TAGS,
  },
} as const

/** What the schema lets through. */
interface DemandBody {
  subscriptionId?: string
  resourceGroup: string
  location?: string
  uses?: number
  lifetimeSeconds?: number
  tags?: Readonly<Record<string, string>>
}

/** The routes of join tokens. */
export function joinTokenRoutes(parts: JoinTokenParts): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: ONBOARDING_PATH.joinTokens,
      summary: 'Makes a join token, which lets machines into one resource group.',
      body: DEMAND,
      handle: (request) => create(parts, request),
    }),
    armRoute({
      method: 'GET',
      path: ONBOARDING_PATH.joinTokens,
      summary: 'Lists the join tokens of the resource groups that the caller may read, newest first.',
      handle: async (request) => ({ body: { value: await list(parts, request) } }),
    }),
    armRoute({
      method: 'DELETE',
      path: `${ONBOARDING_PATH.joinTokens}/{joinTokenId}`,
      summary: 'Takes a join token back: it lets no machine in any more.',
      handle: (request) => remove(parts, request),
    }),
  ]
}

async function create(parts: JoinTokenParts, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { storage } = parts
  const token = newJoinToken(await readDemand(parts, request), request.time)
  await request.check(WRITE, groupResourceId(token))
  const group = await findGroup(storage.db, token)
  if (!group) await request.check(WRITE_GROUP, groupResourceId(token))
  await storage.change((trx) => write(trx, token, request))
  return { status: 201, body: { token: textOf(parts, token), ...bodyOf(token) } }
}

async function readDemand(parts: JoinTokenParts, request: ArmRequest<unknown>): Promise<JoinTokenDemand> {
  const body = request.body as DemandBody
  const { uses = JOIN_TOKEN_USES.default, tags = {}, resourceGroup } = body
  const { lifetimeSeconds = JOIN_TOKEN_LIFETIME_SECONDS.default } = body
  const subscriptionId = await knownSubscription(parts, body.subscriptionId)
  const group = await findGroup(parts.storage.db, { subscriptionId, resourceGroup })
  const location = body.location ?? group?.location ?? DEFAULT_LOCATION
  const place = { subscriptionId, resourceGroup: group?.name ?? resourceGroup, location }
  checkDemand(place)
  return { ...place, uses, lifetimeSeconds, tags, createdBy: request.caller.principalId }
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

function findGroup(db: Kysely<Schema>, group: Pick<JoinTokenDemand, 'subscriptionId' | 'resourceGroup'>) {
  return db
    .selectFrom('resource_group')
    .select(['name', 'location'])
    .where('resource_key', '=', groupResourceId(group).toLowerCase())
    .executeTakeFirst()
}

async function write(trx: Transaction<Schema>, token: NewJoinToken, { time, audit }: ArmRequest<unknown>) {
  const resourceId = groupResourceId(token)
  const isThere = await findGroup(trx, token)
  if (!isThere) {
    await ensureGroup(trx, token, { time })
    await recordAudit(trx, [audit('create-resource-group', { resourceId })])
  }
  await insertJoinToken(trx, token)
  await recordAudit(trx, [audit('create-join-token', { resourceId: joinTokenPath(token.id) })])
}

function textOf({ names, caFingerprint }: JoinTokenParts, { secret }: NewJoinToken): string {
  return formatJoinToken({ url: names.origin, secret, ...(caFingerprint ? { caFingerprint } : {}) })
}

function bodyOf(token: JoinToken): object {
  const { id, subscriptionId, resourceGroup, location, tags, uses, usesLeft, expiresAt, createdAt } = token
  return {
    id,
    subscriptionId,
    resourceGroup,
    location,
    tags,
    uses,
    usesLeft,
    expiresAt: expiresAt.toISOString(),
    createdAt: createdAt.toISOString(),
    createdBy: token.createdBy,
  }
}

/** Groups are asked about once each, however many tokens they have. */
async function list({ storage }: JoinTokenParts, { allows }: ArmRequest<unknown>): Promise<object[]> {
  const tokens = await listJoinTokens(storage.db)
  const groups = [...new Set(tokens.map(groupResourceId))]
  const answers = await Promise.all(groups.map((group) => allows(READ, group)))
  const visible = new Set(groups.filter((_, index) => answers[index]))
  return tokens.filter((token) => visible.has(groupResourceId(token))).map(bodyOf)
}

/** One that is not there is deleted already. */
async function remove(
  { storage }: JoinTokenParts,
  { params, check, audit }: ArmRequest<{ joinTokenId: string }>,
): Promise<ArmAnswer> {
  const id = readGuid(params.joinTokenId) ?? ''
  const token = await findJoinToken(storage.db, id)
  if (!token) return { status: 204 }
  await check(WRITE, groupResourceId(token))
  await storage.change(async (trx) => {
    await deleteJoinToken(trx, id)
    await recordAudit(trx, [audit('delete-join-token', { resourceId: joinTokenPath(id) })])
  })
  return { status: 200 }
}

/**
 * The routes by which administrators make join tokens, read them and take them back.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { ONBOARDING_PATH } from '@landfast/protocol'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { readGuid } from '../guid.ts'
import { ANSWERS_DELETED, answersPage, IDENTIFIED } from '../openapi/arm-bodies.ts'
import { groupResourceId } from '../registry/resource-groups.ts'
import {
  findTokenGroup,
  type JoinTokenBody,
  type JoinTokenParts,
  joinTokenText,
  readDemand,
  writeJoinToken,
} from './join-token-making.ts'
import {
  deleteJoinToken,
  findJoinToken,
  JOIN_TOKEN_LIFETIME_SECONDS,
  JOIN_TOKEN_USES,
  type JoinToken,
  joinTokenPath,
  listJoinTokens,
  newJoinToken,
} from './join-tokens.ts'
import { TAGS } from './request-schemas.ts'

/** The action that the maker of a token lets others do. */
const WRITE = 'Microsoft.HybridCompute/machines/write'
const READ = 'Microsoft.HybridCompute/machines/read'
const WRITE_GROUP = 'Microsoft.Resources/subscriptions/resourceGroups/write'

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

/** The routes of join tokens. */
export function joinTokenRoutes(parts: JoinTokenParts): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: ONBOARDING_PATH.joinTokens,
      summary: 'Makes a join token, which lets machines into one resource group.',
      answers: { 201: { description: 'The token, which is shown only once.', ...IDENTIFIED } },
      body: DEMAND,
      handle: (request) => create(parts, request),
    }),
    armRoute({
      method: 'GET',
      path: ONBOARDING_PATH.joinTokens,
      summary: 'Lists the join tokens of the resource groups that the caller may read, newest first.',
      answers: answersPage('The join tokens.', IDENTIFIED),
      handle: async (request) => ({ body: { value: await list(parts, request) } }),
    }),
    armRoute({
      method: 'DELETE',
      path: `${ONBOARDING_PATH.joinTokens}/{joinTokenId}`,
      summary: 'Takes a join token back: it lets no machine in any more.',
      answers: ANSWERS_DELETED,
      handle: (request) => remove(parts, request),
    }),
  ]
}

async function create(parts: JoinTokenParts, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { storage } = parts
  const demand = await readDemand(parts, request.body as JoinTokenBody, request.caller.principalId)
  const token = newJoinToken(demand, request.time)
  await request.check(WRITE, groupResourceId(token))
  const group = await findTokenGroup(storage.db, token)
  if (!group) await request.check(WRITE_GROUP, groupResourceId(token))
  await storage.change((trx) => writeJoinToken(trx, token, request))
  return { status: 201, body: { token: joinTokenText(parts, token), ...bodyOf(token) } }
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

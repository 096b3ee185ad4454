/**
 * The routes by which administrators make join tokens, read them and take them back.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { ONBOARDING_PATH } from '@landfast/protocol'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { readGuid } from '../guid.ts'
import { ANSWERS_DELETED, answers200, answersPage, IDENTIFIED } from '../openapi/arm-bodies.ts'
import { groupResourceId } from '../registry/resource-groups.ts'
import {
  findTokenGroup,
  type JoinTokenBody,
  type JoinTokenParts,
  joinTokenText,
  readDemand,
  readReplacingLifetime,
  replacingDemand,
  writeJoinToken,
} from './join-token-making.ts'
import {
  deleteJoinToken,
  findJoinToken,
  JOIN_TOKEN_LIFETIME_SECONDS,
  JOIN_TOKEN_USES,
  type JoinToken,
  type JoinTokenDemand,
  joinTokenPath,
  listJoinTokens,
  listTokenGroups,
  machinesOfToken,
  newJoinToken,
} from './join-tokens.ts'
import { TAGS } from './request-schemas.ts'
import { checkTakeover } from './takeover-right.ts'

/** The action that the maker of a token lets others do. */
const WRITE = 'Microsoft.HybridCompute/machines/write'
const READ = 'Microsoft.HybridCompute/machines/read'
const WRITE_GROUP = 'Microsoft.Resources/subscriptions/resourceGroups/write'

const DEMAND = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replaces: { type: 'string', maxLength: 2048 },
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

const ONE = `${ONBOARDING_PATH.joinTokens}/{joinTokenId}` as const

/** The routes of join tokens. */
export function joinTokenRoutes(parts: JoinTokenParts): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: ONBOARDING_PATH.joinTokens,
      summary:
        'Makes a join token, which lets machines into one resource group, or gives one that is there a new key.',
      answers: { 201: { description: 'The token, which is shown only once.', ...IDENTIFIED } },
      body: DEMAND,
      handle: (request) => create(parts, request),
    }),
    armRoute({
      method: 'GET',
      path: ONBOARDING_PATH.joinTokens,
      summary: 'Lists the join tokens of the resource groups that the caller may read, newest first.',
      answers: answersPage('A page of them.', IDENTIFIED),
      handle: async (request) => ({ body: await list(parts, request) }),
    }),
    armRoute({
      method: 'GET',
      path: ONE,
      summary:
        'Shows a join token of a resource group that the caller may read, without its text, and the machines that joined by it.',
      answers: answers200('The join token.', IDENTIFIED),
      handle: (request) => show(parts, request),
    }),
    armRoute({
      method: 'DELETE',
      path: ONE,
      summary: 'Takes a join token back: it lets no machine in any more.',
      answers: ANSWERS_DELETED,
      handle: (request) => remove(parts, request),
    }),
  ]
}

async function create(parts: JoinTokenParts, request: ArmRequest<unknown>): Promise<ArmAnswer> {
  const { storage } = parts
  const demand = await readAllowed(parts, request)
  const token = newJoinToken(demand, request.time)
  await storage.change((trx) => writeJoinToken(trx, token, request))
  return { status: 201, body: { token: joinTokenText(parts, token), ...bodyOf(token) } }
}

/** What the caller asks for and may have. */
async function readAllowed(parts: JoinTokenParts, request: ArmRequest<unknown>): Promise<JoinTokenDemand> {
  const { replaces, resourceGroup, ...body } = request.body as Partial<JoinTokenBody> & { replaces?: string }
  const { principalId } = request.caller
  if (replaces !== undefined) {
    const lifetimeSeconds = readReplacingLifetime({ resourceGroup, ...body })
    const machine = await checkTakeover(parts.storage, request, replaces)
    return replacingDemand(machine, { lifetimeSeconds, createdBy: principalId })
  }
  if (resourceGroup === undefined) {
    throw new ArmError('InvalidRequestContent', {
      detail: 'one of "resourceGroup" and "replaces" is missing',
    })
  }
  const demand = await readDemand(parts, { resourceGroup, ...body }, principalId)
  await request.check(WRITE, groupResourceId(demand))
  const group = await findTokenGroup(parts.storage.db, demand)
  if (!group) await request.check(WRITE_GROUP, groupResourceId(demand))
  return demand
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
    ...(token.replaces !== null && { replaces: token.replaces }),
  }
}

/** The tokens of the groups that the caller may read: no page tells anything of another one. */
async function list({ storage, names }: JoinTokenParts, request: ArmRequest<unknown>): Promise<object> {
  const page = pageOf(request)
  const all = await listTokenGroups(storage.db)
  const answers = await Promise.all(all.map((group) => request.allows(READ, groupResourceId(group))))
  const groups = all.filter((_, index) => answers[index])
  const found = await listJoinTokens(storage.db, { groups, after: page.after, limit: page.limit + 1 })
  const rows = found.map(({ key, token }) => ({ key, body: bodyOf(token) }))
  return pageBody(request, { origin: names.origin, page, rows })
}

/** @throws {ArmError} `HttpResourceNotFound` for one that was taken back, or has ended for long. */
async function show(
  { storage }: JoinTokenParts,
  { params, path, check }: ArmRequest<{ joinTokenId: string }>,
): Promise<ArmAnswer> {
  const token = await findJoinToken(storage.db, readGuid(params.joinTokenId) ?? '')
  if (!token) throw new ArmError('HttpResourceNotFound', { url: path })
  await check(READ, groupResourceId(token))
  return { body: { ...bodyOf(token), machines: await joined(storage, token) } }
}

async function joined({ db }: JoinTokenParts['storage'], { id }: JoinToken): Promise<object[]> {
  const machines = await machinesOfToken(db, id)
  return machines.map(({ resourceId, joinedAt }) => ({ resourceId, joinedAt: joinedAt.toISOString() }))
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

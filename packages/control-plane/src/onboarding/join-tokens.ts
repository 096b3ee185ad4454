/**
 * Join tokens as the database keeps them: a digest of the secret, and the keys that spent it.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { JOIN_TOKEN_SECRET_BYTES, ONBOARDING_PATH } from '@landfast/protocol'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { secretHash } from '../registry/client-secrets.ts'
import type { Schema } from '../storage/schema.ts'
import { OnboardingError } from './onboarding-error.ts'

const DAY_SECONDS = 86_400

/** How many machines one token may let in. */
export const JOIN_TOKEN_USES = { default: 1, min: 1, max: 10_000 } as const

/** How long a token lets machines in. */
export const JOIN_TOKEN_LIFETIME_SECONDS = { default: 3_600, min: 60, max: 30 * DAY_SECONDS } as const

/** How long one may give a machine that is there another key: whoever holds it takes that machine's place. */
export const REPLACING_LIFETIME_MAX_SECONDS = DAY_SECONDS

/** An expired token stays for so long, so that a machine whose answer was lost gets it again. */
const KEPT_MILLISECONDS = DAY_SECONDS * 1000

/** What a token is made for. */
export interface JoinTokenDemand {
  subscriptionId: string
  resourceGroup: string
  location: string
  tags: Readonly<Record<string, string>>
  uses: number
  lifetimeSeconds: number
  /** The object id of who makes it. */
  createdBy: string
  /** The object id of the machine that it gives a new key; null if it lets in new machines. */
  replaces: string | null
}

/** A token as it is kept. */
export interface JoinToken extends Omit<JoinTokenDemand, 'lifetimeSeconds'> {
  id: string
  usesLeft: number
  expiresAt: Date
  createdAt: Date
}

/** A token just made: the only time its secret exists here. */
export interface NewJoinToken extends JoinToken {
  secret: string
}

/** A new token; `insertJoinToken` writes it. */
export function newJoinToken(demand: JoinTokenDemand, time: Date): NewJoinToken {
  const { lifetimeSeconds, ...kept } = demand
  return {
    ...kept,
    id: randomUUID(),
    usesLeft: demand.uses,
    secret: randomBytes(JOIN_TOKEN_SECRET_BYTES).toString('base64url'),
    expiresAt: new Date(time.getTime() + lifetimeSeconds * 1000),
    createdAt: time,
  }
}

/** What the audit trail calls a join token. */
export function joinTokenPath(id: string): string {
  return `${ONBOARDING_PATH.joinTokens}/${id}`
}

/** Writes `token`, without its secret. */
export async function insertJoinToken(trx: Transaction<Schema>, token: NewJoinToken): Promise<void> {
  const row: Schema['join_token'] = {
    id: token.id,
    hash: secretHash(token.secret),
    subscription_id: token.subscriptionId,
    resource_group: token.resourceGroup,
    location: token.location,
    tags: JSON.stringify(token.tags),
    max_uses: token.uses,
    uses: 0,
    expires_at: token.expiresAt.getTime(),
    created_by: token.createdBy,
    created_at: token.createdAt.getTime(),
    replaces: token.replaces,
  }
  await trx.insertInto('join_token').values(row).execute()
}

/** A token, and the key that says where it stands in the list. */
export interface ListedJoinToken {
  key: string
  token: JoinToken
}

/** A resource group, as a token names it. */
export type TokenGroup = Pick<JoinToken, 'subscriptionId' | 'resourceGroup'>

/** The groups that have tokens. */
export async function listTokenGroups(db: Kysely<Schema>): Promise<TokenGroup[]> {
  const rows = await db
    .selectFrom('join_token')
    .select(['subscription_id', 'resource_group'])
    .distinct()
    .execute()
  return rows.map((row) => ({ subscriptionId: row.subscription_id, resourceGroup: row.resource_group }))
}

/**
 * The tokens of `groups` that have not ended long ago, newest first; those behind the key `after`, or from the beginning if it is
 * empty.
 */
export async function listJoinTokens(
  db: Kysely<Schema>,
  { groups, after, limit }: { groups: readonly TokenGroup[]; after: string; limit: number },
): Promise<ListedJoinToken[]> {
  if (groups.length === 0) return []
  const bySubscription = Map.groupBy(groups, ({ subscriptionId }) => subscriptionId)
  const [time = '', id = ''] = after.split(' ')
  const place = /^\d{1,15}$/.test(time) ? Number(time) : undefined
  const rows = await db
    .selectFrom('join_token')
    .selectAll()
    .where((where) =>
      where.or(
        [...bySubscription].map(([subscriptionId, own]) =>
          where.and([
            where('subscription_id', '=', subscriptionId),
            where(
              'resource_group',
              'in',
              own.map(({ resourceGroup }) => resourceGroup),
            ),
          ]),
        ),
      ),
    )
    .$if(place !== undefined, (query) =>
      query
        .where('created_at', '<=', place ?? 0)
        .where((where) => where.or([where('created_at', '<', place ?? 0), where('id', '<', id)])),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ key: `${row.created_at} ${row.id}`, token: joinTokenOf(row) }))
}

/** The token with this id. */
export async function findJoinToken(db: Kysely<Schema>, id: string): Promise<JoinToken | undefined> {
  const row = await db.selectFrom('join_token').selectAll().where('id', '=', id).executeTakeFirst()
  return row && joinTokenOf(row)
}

/** As many as a page shows. */
const JOINED_MAX = 100

/** The machines that the token let in and that are still there, the latest first: the last hundred. */
export async function machinesOfToken(
  db: Kysely<Schema>,
  id: string,
): Promise<{ resourceId: string; joinedAt: Date }[]> {
  const rows = await db
    .selectFrom('join_token_use')
    .innerJoin('machine', 'machine.principal_id', 'join_token_use.principal_id')
    .select(['machine.resource_id', 'join_token_use.created_at'])
    .where('join_token_id', '=', id)
    .orderBy('join_token_use.created_at', 'desc')
    .orderBy('machine.resource_id')
    .limit(JOINED_MAX)
    .execute()
  return rows.map((row) => ({ resourceId: row.resource_id, joinedAt: new Date(row.created_at) }))
}

/** Deletes the token: it lets no machine in any more, and gives no answer again. */
export async function deleteJoinToken(trx: Transaction<Schema>, id: string): Promise<void> {
  await trx.deleteFrom('join_token_use').where('join_token_id', '=', id).execute()
  await trx.deleteFrom('join_token').where('id', '=', id).execute()
}

/** Who comes with a token's secret. */
export interface Joiner {
  secret: string
  /** RFC 7638 thumbprint of its key. */
  thumbprint: string
  time: Date
}

/** What a token says to one joiner. */
export interface Admission {
  token: JoinToken
  /** The machine that it was spent for with the same key before. */
  principalId: string | undefined
}

/**
 * Finds the token of `joiner` and whether it may let it in, or did.
 *
 * @throws {OnboardingError} `JoinTokenRefused`, whatever the reason is.
 */
export async function admitJoiner(db: Kysely<Schema>, joiner: Joiner): Promise<Admission> {
  const row = await db
    .selectFrom('join_token')
    .leftJoin('join_token_use', (join) =>
      join
        .onRef('join_token_use.join_token_id', '=', 'join_token.id')
        .on('join_token_use.key_thumbprint', '=', joiner.thumbprint),
    )
    .selectAll('join_token')
    .select('join_token_use.principal_id')
    .where('hash', '=', secretHash(joiner.secret))
    .executeTakeFirst()
  if (!row) throw new OnboardingError('JoinTokenRefused')
  const token = joinTokenOf(row)
  const admission = { token, principalId: row.principal_id ?? undefined }
  if (!isOpen(admission, joiner.time)) throw new OnboardingError('JoinTokenRefused')
  return admission
}

/** Who was let in may come again, also when the uses are spent or the token has just expired. */
function isOpen({ token, principalId }: Admission, time: Date): boolean {
  const end = token.expiresAt.getTime()
  if (principalId !== undefined) return time.getTime() < end + KEPT_MILLISECONDS
  return time.getTime() < end && token.usesLeft > 0
}

/** Spends one use of the token for the machine that came with a key. */
export async function spendJoinToken(
  trx: Transaction<Schema>,
  use: { id: string; thumbprint: string; principalId: string; time: Date },
): Promise<void> {
  await trx
    .updateTable('join_token')
    .set((expression) => ({ uses: expression('uses', '+', 1) }))
    .where('id', '=', use.id)
    .execute()
  const row = {
    join_token_id: use.id,
    key_thumbprint: use.thumbprint,
    principal_id: use.principalId,
    created_at: use.time.getTime(),
  }
  await trx.insertInto('join_token_use').values(row).execute()
}

/** Deletes the tokens that would replace the machine once more: it has been replaced, and each was made for that. */
export async function endReplacingTokens(trx: Transaction<Schema>, principalId: string): Promise<void> {
  await trx.deleteFrom('join_token').where('replaces', '=', principalId).where('uses', '=', 0).execute()
}

/** How many tokens one step of a sweep deletes at most. */
const SWEEP_MAX_TOKENS = 100

/** Deletes one batch of tokens that ended more than a day ago; resolves to whether more may be left. */
export async function sweepJoinTokens(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const rows = await db
    .selectFrom('join_token')
    .select('id')
    .where('expires_at', '<', now.getTime() - KEPT_MILLISECONDS)
    .limit(SWEEP_MAX_TOKENS)
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return false
  // Another replica may be at the same tokens; the second finds nothing left.
  await db.deleteFrom('join_token_use').where('join_token_id', 'in', ids).execute()
  await db.deleteFrom('join_token').where('id', 'in', ids).execute()
  return ids.length === SWEEP_MAX_TOKENS
}

function joinTokenOf(row: Selectable<Schema['join_token']>): JoinToken {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    resourceGroup: row.resource_group,
    location: row.location,
    tags: JSON.parse(row.tags),
    uses: row.max_uses,
    usesLeft: row.max_uses - row.uses,
    expiresAt: new Date(row.expires_at),
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
    replaces: row.replaces,
  }
}

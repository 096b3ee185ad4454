/**
 * The keys of foreign issuers, fetched when an assertion needs them and kept: each issuer is asked at most once a
 * minute, for any assertion and after any answer.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { RefusalLimit } from '@landfast/server'
import type { Logger } from 'pino'
import { FederationError } from './federation-error.ts'
import { discoveryUrl, type KeyName, type KeySet, readKeySet, readKeysUrl } from './issuer-documents.ts'
import { type ReachParts, reachOf } from './issuer-reach.ts'
import { fetchDocument } from './issuer-request.ts'
import { RecentIssuers } from './recent-issuers.ts'
import { SharedPlaces } from './shared-places.ts'

/** Keys older than this are fetched again before they are used. */
const FRESH_MILLISECONDS = 3_600_000

/** For so long the last keys are used while their issuer cannot be asked. */
const STALE_MILLISECONDS = 24 * 3_600_000

/** Between two attempts to ask one issuer, for an unknown key as well as after a failure. */
const ATTEMPT_MILLISECONDS = 60_000

/** Both documents must be there by then. */
const FETCH_MILLISECONDS = 5_000

/**
 * How many issuers are asked at once, and for one sharer: whoever may write credentials names issuers that never answer, and
 * must not keep the others from theirs.
 */
const FETCHES_MAX = { total: 64, each: 4 } as const

/** How many issuers are remembered. */
const ISSUERS_MAX = 500

/** For whom a key is wanted. */
export interface KeyWish {
  /** Whose administrators wrote the credential: a resource group, or an application. */
  sharer: string
  /** Whom the issuer is to vouch for. */
  subject?: string | undefined
}

/** Finds the keys of issuers. */
export interface IssuerKeys {
  /**
   * The key of `issuer` with that name, or undefined if it publishes none, or vouches for the subject no longer.
   *
   * @throws {FederationError} if that cannot be known now.
   */
  findKey(issuer: string, name: KeyName, wish: KeyWish): Promise<KeyObject | undefined>
}

/** What foreign issuers are asked with. */
export interface ForeignIssuersParts extends ReachParts {
  log: Logger
  now: () => Date
}

/** What is known of one issuer. */
interface Issuer {
  kept?: { keys: KeySet; fetchedAt: number }
  attemptedAt?: number
  /** Why the last attempt failed, if it did. */
  failure?: FederationError | undefined
  fetching?: Promise<void> | undefined
}

/** The keys of issuers that are fetched from wherever they are. */
export function createForeignIssuers(parts: ForeignIssuersParts): IssuerKeys {
  const issuers = new RecentIssuers<Issuer>(ISSUERS_MAX, () => ({}))
  const places = new SharedPlaces(FETCHES_MAX)
  const busy = new RefusalLimit(() => parts.now().getTime())
  return {
    findKey: async (name, key, { sharer }) => {
      const issuer = issuers.take(name, sharer)
      const isFresh = isWithin(issuer.kept?.fetchedAt, FRESH_MILLISECONDS, parts.now())
      const known = isFresh ? issuer.kept?.keys.find(key) : undefined
      if (known) return known
      await refresh(parts, { name, issuer, sharer, places, busy })
      return findNow(issuer, key, parts.now())
    },
  }
}

/** Looks into the last keys, as long as they may be used; a key that is not in them may be a new one. */
function findNow({ kept, failure }: Issuer, name: KeyName, now: Date): KeyObject | undefined {
  const keys = kept && isWithin(kept.fetchedAt, STALE_MILLISECONDS, now) ? kept.keys : undefined
  const key = keys?.find(name)
  if (key) return key
  if (failure || !keys) throw failure ?? new FederationError('issuers_busy')
  return undefined
}

/** A clock that was set back must not keep anything for longer. */
function isWithin(since: number | undefined, milliseconds: number, now: Date): boolean {
  return since !== undefined && Math.abs(now.getTime() - since) < milliseconds
}

interface Refreshing {
  name: string
  issuer: Issuer
  sharer: string
  places: SharedPlaces
  busy: RefusalLimit
}

/** Asks the issuer unless that was just done; a call that comes meanwhile waits for the same answer. Never throws. */
function refresh(parts: ForeignIssuersParts, refreshing: Refreshing): Promise<void> {
  const { issuer, sharer, places } = refreshing
  if (issuer.fetching) return issuer.fetching
  if (isWithin(issuer.attemptedAt, ATTEMPT_MILLISECONDS, parts.now())) return Promise.resolve()
  const leave = places.take(sharer)
  if (!leave) {
    logBusy(parts, refreshing)
    return Promise.resolve()
  }
  issuer.attemptedAt = parts.now().getTime()
  issuer.fetching = attempt(parts, refreshing).finally(() => {
    leave()
    issuer.fetching = undefined
  })
  return issuer.fetching
}

function logBusy({ log }: ForeignIssuersParts, { name, sharer, busy }: Refreshing): void {
  const suppressed = busy.take(sharer)
  if (suppressed === undefined) return
  log.warn({ issuer: name, sharer, code: 'issuers_busy', suppressed }, 'foreign issuer is not asked now')
}

async function attempt(parts: ForeignIssuersParts, { name, issuer }: Refreshing): Promise<void> {
  try {
    const keys = await fetchKeys(name, parts)
    issuer.kept = { keys, fetchedAt: parts.now().getTime() }
    issuer.failure = undefined
  } catch (error) {
    issuer.failure =
      error instanceof FederationError ? error : new FederationError('issuer_unreachable', { cause: error })
    parts.log.warn(
      { issuer: name, code: issuer.failure.code, err: issuer.failure },
      'foreign issuer gave no keys',
    )
  }
}

async function fetchKeys(issuer: string, parts: ForeignIssuersParts): Promise<KeySet> {
  const how = { ...reachOf(issuer, parts), signal: AbortSignal.timeout(FETCH_MILLISECONDS) }
  const keysUrl = readKeysUrl(await fetchDocument(discoveryUrl(issuer), how), issuer)
  return readKeySet(await fetchDocument(keysUrl, how))
}

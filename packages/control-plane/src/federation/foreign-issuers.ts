/**
 * The keys of foreign issuers, fetched when an assertion needs them and kept: each issuer is asked at most once a
 * minute, for any assertion and after any answer.
 *
 * @module
 */

import type { KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import { FederationError } from './federation-error.ts'
import { discoveryUrl, type KeyName, type KeySet, readKeySet, readKeysUrl } from './issuer-documents.ts'
import { fetchDocument, type IssuerAccess, type Resolve } from './issuer-request.ts'

/** Keys older than this are fetched again before they are used. */
const FRESH_MILLISECONDS = 3_600_000

/** For so long the last keys are used while their issuer cannot be asked. */
const STALE_MILLISECONDS = 24 * 3_600_000

/** Between two attempts to ask one issuer, for an unknown key as well as after a failure. */
const ATTEMPT_MILLISECONDS = 60_000

/** Both documents must be there by then. */
const FETCH_MILLISECONDS = 5_000

/** How many issuers are asked at once. */
const FETCHES_MAX = 16

/** How many issuers are remembered; the one that was longest not needed is forgotten first. */
const ISSUERS_MAX = 500

/** Finds the keys of issuers. */
export interface IssuerKeys {
  /**
   * The key of `issuer` with that name, or undefined if it publishes none, or vouches for `subject` no longer.
   *
   * @throws {FederationError} if that cannot be known now.
   */
  findKey(issuer: string, name: KeyName, subject?: string): Promise<KeyObject | undefined>
}

/** What foreign issuers are asked with. */
export interface ForeignIssuersParts {
  /** How an issuer may be asked; without an entry only at public addresses, known by a public CA. */
  access: ReadonlyMap<string, IssuerAccess>
  resolve: Resolve
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
  const issuers = new RecentIssuers()
  const places = { free: FETCHES_MAX }
  return {
    findKey: async (name, key) => {
      const issuer = issuers.take(name)
      const isFresh = isWithin(issuer.kept?.fetchedAt, FRESH_MILLISECONDS, parts.now())
      const known = isFresh ? issuer.kept?.keys.find(key) : undefined
      if (known) return known
      await refresh(parts, { name, issuer, places })
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
  places: { free: number }
}

/** Asks the issuer unless that was just done; a call that comes meanwhile waits for the same answer. Never throws. */
function refresh(parts: ForeignIssuersParts, refreshing: Refreshing): Promise<void> {
  const { issuer, places } = refreshing
  if (issuer.fetching) return issuer.fetching
  if (isWithin(issuer.attemptedAt, ATTEMPT_MILLISECONDS, parts.now()) || places.free === 0) {
    return Promise.resolve()
  }
  places.free -= 1
  issuer.attemptedAt = parts.now().getTime()
  issuer.fetching = attempt(parts, refreshing).finally(() => {
    places.free += 1
    issuer.fetching = undefined
  })
  return issuer.fetching
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

async function fetchKeys(issuer: string, { access, resolve }: ForeignIssuersParts): Promise<KeySet> {
  const how = {
    access: access.get(issuer) ?? { networks: [] },
    resolve,
    signal: AbortSignal.timeout(FETCH_MILLISECONDS),
  }
  const keysUrl = readKeysUrl(await fetchDocument(discoveryUrl(issuer), how), issuer)
  return readKeySet(await fetchDocument(keysUrl, how))
}

/** Issuers in the order in which they were last needed. */
class RecentIssuers {
  readonly #issuers = new Map<string, Issuer>()

  take(name: string): Issuer {
    const issuer = this.#issuers.get(name) ?? {}
    this.#issuers.delete(name)
    this.#issuers.set(name, issuer)
    if (this.#issuers.size > ISSUERS_MAX) this.#forgetOldest()
    return issuer
  }

  #forgetOldest(): void {
    for (const name of this.#issuers.keys()) {
      this.#issuers.delete(name)
      return
    }
  }
}

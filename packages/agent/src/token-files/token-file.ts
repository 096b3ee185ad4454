/**
 * The life of one token file: written, renewed at half of its token's life, tried again after growing pauses, and removed
 * once its users may not have the token any more.
 *
 * While a new token is not to be had for a passing reason the former one stays in the file, even past its end: what a
 * client makes of it says more than a file that is gone.
 *
 * @see docs/token-files.md
 * @module
 */

import { lstatSync } from 'node:fs'
import {
  BACKDATED_SECONDS,
  type Identity,
  type ServedToken,
  TOKEN_FILE_STYLE,
  WireError,
  type WireErrorCode,
} from '@landfast/protocol'
import { AgentError } from '../errors.ts'
import { backoffSeconds } from '../membership/backoff.ts'
import { refusedBecause } from '../tokens/tokens.ts'
import { type FileReaders, findReaders } from './file-readers.ts'
import { identityNamed } from './named-identity.ts'
import type { TokenFileEntry } from './token-file-entry.ts'
import type { TokenFileParts } from './token-file-parts.ts'
import { writeTokenFile } from './token-writer.ts'

/** The pauses after failures, spread by chance. */
const RETRY_SECONDS = { first: 30, longest: 600 } as const

/** The share of a token's life after which it is renewed: a reader of the file has the other half to use it. */
const RENEWAL_SHARE = 0.5

/** In whose name tokens for files are asked for. */
const SHARER = 'token files'

/** Refusals that are no passing matter: the file's users may not have the token. */
const DEFINITE: ReadonlySet<WireErrorCode> = new Set([
  'identity_refused',
  'identity_not_found',
  'resource_refused',
  'policy_denied',
])

/** How a token file stands. */
export interface TokenFileStanding {
  path: string
  audience: string
  identity: string
  /** `kept`: what an earlier agent wrote, or nothing, since there is no answer yet. */
  state: 'written' | 'kept' | 'removed'
  /** When the token in it ends, ISO 8601; missing where that is not known. */
  expiresAt?: string
  /** Why there is no new token in it. */
  code?: string
  reason?: string
}

/** One token file. */
export class TokenFile {
  readonly entry: TokenFileEntry
  readonly #parts: TokenFileParts
  #readers: FileReaders | undefined
  #state: TokenFileStanding['state'] = 'kept'
  #failure: { code: string; message: string } | undefined
  #failures = 0
  /** What was written last, and its end in milliseconds since 1970. */
  #written: { accessToken: string; expiresAt: number } | undefined
  /** Whether the machine had the identity once. */
  #hadIdentity = false
  /** Whether the control plane was asked in this look: what is known here is looked at again without a pause. */
  #hasAsked = false
  #pauseSeconds = 0
  #since = { now: 0, monotonic: 0 }
  #looking: Promise<void> | undefined
  #rule: string | undefined

  constructor(entry: TokenFileEntry, parts: TokenFileParts) {
    this.entry = entry
    this.#parts = parts
  }

  get expiresAt(): number | undefined {
    return this.#written?.expiresAt
  }

  get standing(): TokenFileStanding {
    const { path, audience, identity } = this.entry
    return {
      ...{ path, audience, identity, state: this.#state },
      ...(this.#written && { expiresAt: new Date(this.#written.expiresAt).toISOString() }),
      ...(this.#failure && { code: this.#failure.code, reason: this.#failure.message }),
    }
  }

  /** Looks whether its users may have it still, and writes it if it is time to. Never rejects; one look at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) => this.#afterFailure(error))
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#looking
  }

  async #look(): Promise<void> {
    this.#hasAsked = false
    this.#rule = undefined
    const refusal = this.#parts.identities.refusal()
    if (refusal) throw refusedBecause(refusal)
    const identity = await this.#findIdentity()
    if (!identity || !(this.#readers || this.#isDue())) return
    this.#readers ??= await findReaders(this.entry, this.#parts.names)
    await this.#askPolicy(identity, this.#readers)
    if (this.#isDue()) await this.#renew(identity)
  }

  /** Undefined if it is not time yet to look for one that the machine did not have. */
  async #findIdentity(): Promise<Identity | undefined> {
    const { identities } = this.#parts
    const known = identityNamed(identities, this.entry.identity)
    if (known) {
      this.#hadIdentity = true
      return known
    }
    const isNews = this.#hadIdentity
    this.#hadIdentity = false
    if (isNews) throw new WireError('identity_not_found')
    if (!this.#isDue()) return undefined
    this.#hasAsked = true
    const isAnswered = await identities.look(SHARER)
    const found = identityNamed(identities, this.entry.identity)
    if (!found) throw new WireError(isAnswered ? 'identity_not_found' : 'upstream_unavailable')
    this.#hadIdentity = true
    return found
  }

  async #askPolicy(identity: Identity, { caller }: FileReaders): Promise<void> {
    const { policy, identities } = this.#parts
    if (!policy) return
    const isSystem = identity === identities.own && !identity.authority
    const { audience } = this.entry
    const { rule, denial } = await policy({ style: TOKEN_FILE_STYLE, audience, identity, isSystem, caller })
    this.#rule = rule
    if (denial) throw denial
  }

  async #renew(identity: Identity): Promise<void> {
    const { path, mode } = this.entry
    const { written, metrics, log, decisions, names } = this.#parts
    const token = await this.#freshToken(identity)
    // Meanwhile the machine may have been refused, the policy changed, or an account made anew.
    const refusal = this.#parts.identities.refusal()
    if (refusal) throw refusedBecause(refusal)
    const readers = await findReaders(this.entry, names)
    this.#readers = readers
    await this.#askPolicy(identity, readers)
    if (this.#parts.isStopped()) return
    const { userId, groupId } = readers
    const remember = () => written.add(path)
    await writeTokenFile(token.accessToken, {
      path,
      mode,
      userId,
      groupId,
      isOurs: written.has(path),
      remember,
    })
    metrics.tokenFile('written')
    decisions.write({ entry: this.entry, caller: readers.caller, identity, rule: this.#rule })
    if (this.#failure) log.info({ file: path }, 'the token file is written again')
    this.#written = {
      accessToken: token.accessToken,
      expiresAt: this.#parts.clock.now() + token.expiresInSeconds * 1000,
    }
    this.#state = 'written'
    this.#failure = undefined
    this.#failures = 0
    this.#pause(Math.max(RETRY_SECONDS.first, renewIn(token)))
  }

  /** Not the one in the file, and one with more than half of its life, if there is such a one. */
  async #freshToken(identity: Identity): Promise<ServedToken> {
    const { tokens } = this.#parts
    const { audience } = this.entry
    this.#hasAsked = true
    const former = this.#isThere() ? this.#written?.accessToken : undefined
    const first = await tokens.get(identity, audience, {
      sharer: SHARER,
      isUnwanted: (accessToken) => accessToken === former,
    })
    const isOld = renewIn(first) <= 0
    const token = isOld
      ? await tokens.get(identity, audience, {
          sharer: SHARER,
          isUnwanted: (accessToken) => accessToken === first.accessToken,
        })
      : first
    if (token.accessToken === former) throw new WireError('upstream_unavailable')
    return token
  }

  async #afterFailure(error: unknown): Promise<void> {
    const { code } = error as { code?: unknown }
    const isKnown = error instanceof WireError || error instanceof AgentError
    const failure = isKnown
      ? { code: String(code), message: (error as Error).message }
      : { code: 'internal_error', message: 'the agent failed' }
    if (error instanceof WireError && DEFINITE.has(error.code)) await this.#remove(error, failure)
    else this.#keep(error, failure)
  }

  /** Tried again at once when the reason is gone, if it is known here; else after a pause. */
  async #remove(error: WireError, failure: { code: string; message: string }): Promise<void> {
    const { metrics, log, decisions, written } = this.#parts
    const { path } = this.entry
    if (this.#failure?.code !== failure.code) {
      metrics.tokenFile(failure.code)
      const identity = identityNamed(this.#parts.identities, this.entry.identity)
      decisions.write({ entry: this.entry, caller: this.#readers?.caller, identity, rule: this.#rule, error })
      log.warn({ file: path, code: failure.code }, `the token file is removed: ${failure.message}`)
    }
    this.#failure = failure
    this.#written = undefined
    this.#state = 'removed'
    if (this.#hasAsked) this.#pauseAfterFailure()
    else this.#pause(0)
    if (written.has(path)) await this.#parts.remove(path)
  }

  #keep(error: unknown, failure: { code: string; message: string }): void {
    if (this.#parts.isStopped()) return
    const { metrics, log } = this.#parts
    metrics.tokenFile(failure.code)
    if (this.#failure?.code !== failure.code)
      log.warn({ file: this.entry.path, code: failure.code, err: error }, 'the token file was not written')
    this.#failure = failure
    this.#pauseAfterFailure()
  }

  #pauseAfterFailure(): void {
    this.#failures += 1
    const random = this.#parts.random()
    this.#pause(backoffSeconds(this.#failures, { ...RETRY_SECONDS, random }))
  }

  #pause(seconds: number): void {
    const { clock } = this.#parts
    this.#pauseSeconds = seconds
    this.#since = { now: clock.now(), monotonic: clock.monotonic() }
  }

  /** By whichever clock says so: one stands still while the machine sleeps, the other may be set back. */
  #isDue(): boolean {
    if (this.#state === 'written' && !this.#failure && !this.#isThere()) return true
    const { clock } = this.#parts
    const passed = Math.max(clock.now() - this.#since.now, clock.monotonic() - this.#since.monotonic)
    return passed >= this.#pauseSeconds * 1000
  }

  #isThere(): boolean {
    try {
      return lstatSync(this.entry.path, { throwIfNoEntry: false })?.isFile() ?? false
    } catch {
      return false
    }
  }
}

/** Seconds until half of the token's life is over. */
function renewIn({ expiresInSeconds, expiresOn, notBefore }: ServedToken): number {
  const life = expiresOn - notBefore - BACKDATED_SECONDS
  return expiresInSeconds - Math.max(life, expiresInSeconds) * RENEWAL_SHARE
}

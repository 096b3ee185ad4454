/**
 * Gets and holds the tokens of this program's identity. The source that gives the first one is kept: an identity never
 * changes while a credential lives, even if its source fails later.
 *
 * @module
 */

import { DEFAULT_SCOPE_SUFFIX, hasControlCharacters, RESOURCE_MAX_CHARACTERS } from '@landfast/protocol'
import type { AccessToken, GetTokenOptions } from './access-token.ts'
import { builtin } from './builtin.ts'
import { choose, type Kind } from './chain.ts'
import { ClientError, type ClientErrorCode } from './errors.ts'
import type { Question, Source, Wanted } from './source.ts'
import type { Surroundings } from './surroundings.ts'
import type { HeldTokens } from './tokens/token-cache.ts'
import { unlessAborted } from './tokens/unless-aborted.ts'

/** What tokens are got of. */
export interface IdentityTokensOptions {
  kinds: readonly Kind[]
  wanted: Wanted
  surroundings: Surroundings
}

/** Gets and holds tokens. */
export class IdentityTokens {
  readonly #kinds: readonly Kind[]
  readonly #wanted: Wanted
  readonly #surroundings: Surroundings
  #source: Source | undefined
  #held: HeldTokens | undefined
  #choosing: Choosing | undefined

  constructor({ kinds, wanted, surroundings }: IdentityTokensOptions) {
    this.#kinds = kinds
    this.#wanted = wanted
    this.#surroundings = surroundings
  }

  /** As `TokenCredential` of `@azure/core-auth`. What is held is answered without any other work. */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    if (this.#held && typeof scopes === 'string' && isPlain(options)) {
      const ready = this.#held.ready(scopes, this.#surroundings.now())
      if (ready) return ready
    }
    return this.#get(scopes, options ?? {})
  }

  async #get(scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> {
    const question = readQuestion(scopes, options)
    return this.#surroundings.hold(unlessAborted(this.#answer(question), options.abortSignal))
  }

  /**
   * A call that comes while the source is being chosen waits for the choice. If that fails it fails as well where the
   * reason is its own too, and chooses itself otherwise: so no call waits for a silent service more than once.
   */
  async #answer(question: Question): Promise<AccessToken> {
    while (!this.#source && this.#choosing) {
      const { asked, done } = this.#choosing
      const failure = await done.then(noFailure, asFailure)
      if (failure && (isAway(failure.error) || isSame(asked, question))) throw failure.error
    }
    return this.#source ? this.#askSource(this.#source, question) : this.#choose(question)
  }

  async #choose(asked: Question): Promise<AccessToken> {
    const ask = (source: Source) => this.#askSource(source, asked)
    const done = choose(this.#kinds, this.#surroundings, this.#wanted, ask)
    this.#choosing = { asked, done }
    try {
      const { source, given } = await done
      this.#source = source
      this.#held = this.#surroundings.cache.at(source.place)
      return given
    } finally {
      this.#choosing = undefined
    }
  }

  #askSource(source: Source, question: Question): Promise<AccessToken> {
    const clock = this.#surroundings
    const held = clock.cache.at(source.place)
    const key = keyOf(source, question)
    if (question.claims === undefined) return held.get(key, clock, () => source.ask(question))
    const refused = held.held(key)?.accessToken
    const refusedTokenHash = refused === undefined ? undefined : hash(refused)
    return held.renew(key, clock, () => source.ask({ ...question, refusedTokenHash }))
  }
}

/** A source that is being chosen, by asking each for that. */
interface Choosing {
  asked: Question
  done: Promise<unknown>
}

function noFailure(): undefined {}

function asFailure(error: unknown): { error: unknown } {
  return { error }
}

/** Whether the service itself is away, whatever it is asked for. */
function isAway(error: unknown): boolean {
  return error instanceof ClientError && AWAY.includes(error.code)
}

const AWAY: readonly ClientErrorCode[] = [
  'endpoint_down',
  'endpoint_silent',
  'endpoint_failed',
  'authority_silent',
]

function isSame(one: Question, other: Question): boolean {
  return one.scope === other.scope && one.tenantId === other.tenantId && one.claims === other.claims
}

/** Whether any token for the scope will do, and at once. */
function isPlain(options: GetTokenOptions | undefined): boolean {
  if (options === undefined) return true
  const { abortSignal, claims, tenantId, proofOfPossessionOptions } = options
  const nothingSpecial =
    claims === undefined && tenantId === undefined && proofOfPossessionOptions === undefined
  return nothingSpecial && !abortSignal?.aborted
}

/** What an SDK asks for, read. @throws {ClientError} if it is nothing that can be had. */
export function readQuestion(scopes: string | string[], options: GetTokenOptions): Question {
  const { claims, tenantId, proofOfPossessionOptions } = options
  if (proofOfPossessionOptions) throw new ClientError('token_kind_unsupported', 'proof of possession')
  const [scope, ...more] = Array.isArray(scopes) ? scopes : [scopes]
  if (more.length > 0) throw new ClientError('scopes_many', JSON.stringify(scopes))
  checkResource(scope)
  const isDefault = scope.endsWith(DEFAULT_SCOPE_SUFFIX)
  return {
    resource: isDefault ? scope.slice(0, -DEFAULT_SCOPE_SUFFIX.length) : scope,
    scope,
    tenantId,
    claims: claims?.trim() ? claims : undefined,
  }
}

/** The scope by which all that an identity may have of `resource` is asked for. @throws {ClientError} `resource_invalid`. */
export function scopeOf(resource: string): string {
  checkResource(resource)
  return resource.endsWith(DEFAULT_SCOPE_SUFFIX) ? resource : `${resource}${DEFAULT_SCOPE_SUFFIX}`
}

function checkResource(scope: unknown): asserts scope is string {
  const detail = JSON.stringify(scope)?.slice(0, 100)
  if (typeof scope !== 'string' || scope === '' || scope === DEFAULT_SCOPE_SUFFIX) {
    throw new ClientError('resource_invalid', `${detail}`)
  }
  if (scope.length > RESOURCE_MAX_CHARACTERS || /\s/.test(scope) || hasControlCharacters(scope)) {
    throw new ClientError('resource_invalid', `${detail}`)
  }
}

/** A tenant that a resource names is either the identity's own, or one that a developer's login may know. */
function keyOf({ manyTenants, tenantId: own }: Source, { scope, tenantId }: Question): string {
  if (tenantId === undefined) return scope
  if (manyTenants) return `${scope}\n${tenantId}`
  if (own !== undefined && own.toLowerCase() !== tenantId.toLowerCase()) {
    throw new ClientError('tenant_foreign', `"${tenantId}" is asked for, and the identity is of "${own}"`)
  }
  return scope
}

function hash(token: string): string {
  return builtin('node:crypto').createHash('sha256').update(token).digest('hex')
}

/**
 * What Entra ID demands of a token that another issuer signed, and how it finds that issuer's keys.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isSigned } from './assertion.ts'
import type { FederatedCredential } from './directory.ts'
import type { Refusal } from './refusals.ts'
import { type Asked, applicationOf, type Rule, refuseTime } from './rules.ts'

const CONSIDERATIONS = 'entra-docs docs/workload-id/workload-identity-federation-considerations.md'

/** Issuers that are Entra ID itself. */
const OWN_ISSUERS =
  /^https:\/\/([^/]*\.)?(sts\.windows\.net|login\.microsoftonline\.com|login\.windows\.net)\//

/** "Only the first 100 keys are stored": entra-docs docs/workload-id/workload-identity-federation.md. */
const KEYS_MAX = 100

/**
 * Up to an hour after a rotation, as operators saw it. Microsoft's advice to readers of keys is to read them each hour, and
 * at once for an unknown one; who counts on the second is wrong where it is not so, so the stand-in does not do it.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/signing-key-rollover#general-considerations
 */
const KEYS_LIVE_MILLISECONDS = 3_600_000

/** Rules that need no key. */
export const FEDERATION_RULES: readonly Rule[] = [
  {
    demands: 'an issuer that is not Entra ID',
    source: `${CONSIDERATIONS}; microsoft-identity-web#2519`,
    refuse: (asked) => (OWN_ISSUERS.test(textOf(asked, 'iss')) ? { code: 700222 } : undefined),
  },
  {
    demands: 'RS256, the only algorithm that is supported',
    source: `${CONSIDERATIONS} ("Supported signing algorithms and issuers"); microsoft-identity-web#3467`,
    refuse: ({ assertion }) =>
      assertion?.header.alg === 'RS256'
        ? undefined
        : { code: 5002738, fields: { alg: String(assertion?.header.alg) } },
  },
  {
    demands: 'a federated credential with this issuer, subject and audience, in their case',
    source: `Azure/login#515, #482; azure-workload-identity#1200; ${CONSIDERATIONS}`,
    refuse: refuseUnmatched,
  },
  { demands: 'its time has begun and is not over', source: 'Azure/login#372', refuse: refuseTime },
]

function refuseUnmatched(asked: Asked): Refusal | undefined {
  const [issuer, subject, audience] = ['iss', 'sub', 'aud'].map((name) => textOf(asked, name))
  const fields = { issuer: issuer ?? '', subject: subject ?? '', audience: audience ?? '' }
  const all = applicationOf(asked)?.federated ?? []
  if (all.length === 0) return { code: 70025, fields: { clientId: asked.form.client_id ?? '' } }
  const ofIssuer = all.filter((one) => one.issuer === issuer)
  if (ofIssuer.length === 0) return { code: 700211, fields }
  const ofSubject = ofIssuer.filter((one) => one.subject === subject)
  if (ofSubject.length === 0)
    return { code: differsInCase(ofIssuer, fields.subject) ? 7002138 : 700213, fields }
  return ofSubject.some((one) => one.audience === audience) ? undefined : { code: 700212, fields }
}

function differsInCase(credentials: readonly FederatedCredential[], subject: string): boolean {
  return credentials.some((one) => one.subject.toLowerCase() === subject.toLowerCase())
}

function textOf({ assertion }: Asked, name: string): string {
  const value = assertion?.claims[name]
  return typeof value === 'string' ? value : ''
}

/** Gets one document of an issuer by its URL. */
export type GetDocument = (url: string) => Promise<unknown>

/** The keys of issuers, each read at most once an hour. */
export class IssuerKeys {
  readonly #get: GetDocument
  readonly #read = new Map<string, { keys: ReadonlyMap<string, KeyObject>; at: number }>()

  constructor(get: GetDocument) {
    this.#get = get
  }

  /**
   * Why the signature does not hold, by the keys as they were when last read: one that was published since is not
   * known, which is why the next key has to be there long before it signs.
   */
  async refuse(asked: Asked): Promise<Refusal | undefined> {
    const issuer = textOf(asked, 'iss')
    const kid = String(asked.assertion?.header.kid)
    const keys = await this.#keysOf(issuer, asked.nowMilliseconds).catch(() => undefined)
    if (!keys) return { code: 50166 }
    const key = keys.get(kid)
    const holds = key && asked.assertion && isSigned(asked.assertion, key)
    return holds ? undefined : { code: 7000272, fields: { kid, issuer } }
  }

  async #keysOf(issuer: string, now: number): Promise<ReadonlyMap<string, KeyObject>> {
    const known = this.#read.get(issuer)
    if (known && now - known.at < KEYS_LIVE_MILLISECONDS) return known.keys
    const read = { keys: await this.#fetch(issuer), at: now }
    this.#read.set(issuer, read)
    return read.keys
  }

  async #fetch(issuer: string): Promise<ReadonlyMap<string, KeyObject>> {
    const configuration = await this.#get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const { issuer: named, jwks_uri: jwksUri } = configuration as Record<string, unknown>
    if (named !== issuer || typeof jwksUri !== 'string' || !jwksUri.startsWith('https://')) {
      throw new Error(`"${issuer}" has no discovery document of its own`)
    }
    return readKeys(await this.#get(jwksUri))
  }
}

/**
 * What a set of keys holds for Entra ID: a key without `use: sig` is none.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-spiffe-spire
 */
function readKeys(document: unknown): ReadonlyMap<string, KeyObject> {
  const { keys } = document as { keys: readonly (JsonWebKey & { kid?: string })[] }
  const usable = keys.slice(0, KEYS_MAX).filter((key) => key.use === 'sig' && key.kty === 'RSA' && key.kid)
  return new Map(usable.map((key) => [key.kid ?? '', createPublicKey({ key, format: 'jwk' })]))
}

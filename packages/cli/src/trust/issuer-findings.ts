/**
 * What one side would find of an issuer: each of its demands, met or not.
 *
 * @see docs/clouds.md
 * @module
 */

import { visibleSaying } from '@landfast/protocol'
import { portFault, reachFault, reachWarning } from './issuer-reach.ts'
import { type Document, type IssuerSeen, keysOf, textsIn } from './issuer-seen.ts'
import { listed, shortened } from './listed.ts'
import type { Target } from './targets.ts'

/** What is looked at. */
export type TrustCheck =
  | 'reachable'
  | 'https'
  | 'port'
  | 'path'
  | 'slash'
  | 'issuer-equal'
  | 'use'
  | 'alg'
  | 'key-count'
  | 'claims'
  | 'azp'
  | 'stale'

/** What came of it. `refused` is what the other side would refuse. */
export interface TrustFinding {
  check: TrustCheck
  outcome: 'ok' | 'refused' | 'warning'
  /** A clause without a period. */
  detail: string
}

type Outcome = TrustFinding['outcome']

/** All findings, in the order in which the other side would come upon them. */
export function judgeIssuer(target: Target, seen: IssuerSeen): TrustFinding[] {
  const url = URL.parse(seen.issuer)
  if (url?.protocol !== 'https:') {
    return [finding('https', 'refused', `"${seen.issuer}" must be a URL with https`)]
  }
  return [...judgeName(target, seen, url), ...judgeDocuments(target, seen), ...judgeAge(target, seen)]
}

function finding(check: TrustCheck, outcome: Outcome, detail: string): TrustFinding {
  // Much of it is the issuer's own words.
  return { check, outcome, detail: visibleSaying(detail) }
}

/** What the name alone tells. */
function judgeName(target: Target, seen: IssuerSeen, url: URL): TrustFinding[] {
  const fault = reachFault(target, seen)
  const reach = fault ?? reachWarning(target, seen)
  const port = portFault(target, seen)
  const extra = url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== ''
  return [
    finding('https', 'ok', 'the issuer is an https URL'),
    finding(
      'reachable',
      fault ? orUpload(target) : reach ? 'warning' : 'ok',
      reach ?? 'its documents are there',
    ),
    finding('port', port ? orUpload(target) : 'ok', port ?? 'no port stands in its way'),
    extra
      ? finding('path', 'refused', 'an issuer has no query, no fragment and no user')
      : finding('path', 'ok', `the path "${url.pathname}" is part of its name`),
  ]
}

/** Where keys can be given by hand, no one has to come to the issuer. */
function orUpload({ takesUploadedKeys }: Target): Outcome {
  return takesUploadedKeys ? 'warning' : 'refused'
}

/** What the two documents tell. */
function judgeDocuments(target: Target, { issuer, configuration, keySet, own }: IssuerSeen): TrustFinding[] {
  const document = 'document' in configuration ? configuration.document : undefined
  const keys = 'document' in keySet ? keysOf(keySet.document) : 'keys' in own ? own.keys : undefined
  return [
    ...(document ? [...judgeEquality(issuer, document), ...judgeMembers(target, document)] : []),
    ...(keys ? judgeKeys(target, keys, document) : []),
    judgeAzp(target, issuer, document),
    ...(target.note === undefined ? [] : [finding('claims', 'ok', target.note)]),
  ]
}

function judgeEquality(issuer: string, { issuer: stated }: Document): TrustFinding[] {
  if (stated === issuer) {
    return [
      finding('issuer-equal', 'ok', 'its document states the same issuer'),
      finding(
        'slash',
        'ok',
        issuer.endsWith('/') ? 'the slash at its end is part of its name' : 'no slash at its end',
      ),
    ]
  }
  const isSlash = typeof stated === 'string' && stated.replace(/\/$/, '') === issuer.replace(/\/$/, '')
  const detail = `its document states ${shortened(JSON.stringify(stated) ?? 'none')}, and so do the tokens`
  return [
    finding('issuer-equal', 'refused', detail),
    ...(isSlash ? [finding('slash', 'refused', SLASH)] : []),
  ]
}

const SLASH = 'the two differ by a slash at the end, and are compared letter by letter'

function judgeMembers({ members, title }: Target, document: Document): TrustFinding[] {
  const missing = members.filter((name) => document[name] === undefined)
  return [
    missing.length === 0
      ? finding('claims', 'ok', `the discovery document has what ${title} reads`)
      : finding(
          'claims',
          'refused',
          `the discovery document lacks ${missing.map((name) => `"${name}"`).join(', ')}`,
        ),
  ]
}

function judgeKeys(
  target: Target,
  keys: readonly Document[],
  document: Document | undefined,
): TrustFinding[] {
  return [judgeCount(target, keys), judgeUse(target, keys), judgeAlgorithms(target, keys, document)]
}

function judgeCount({ keysMax, title }: Target, keys: readonly Document[]): TrustFinding {
  if (keys.length === 0) return finding('key-count', 'refused', 'the key set is empty')
  const counts = [...Map.groupBy(keys, ({ kty }) => kty).values()].map((ones) => ones.length)
  const most = Math.max(...counts)
  return keysMax !== undefined && most > keysMax
    ? finding('key-count', 'refused', `${most} keys are more than the ${keysMax} that ${title} takes`)
    : finding(
        'key-count',
        'ok',
        keys.length === 1 ? 'one key' : `${keys.length} keys, the next one among them`,
      )
}

function judgeUse({ needsUse, title }: Target, keys: readonly Document[]): TrustFinding {
  const lacking = keys.filter(({ use }) => use !== 'sig')
  if (lacking.length === 0) return finding('use', 'ok', 'every key has "use": "sig"')
  const names = listed(lacking.map(({ kid }) => JSON.stringify(kid ?? 'without a name')))
  return finding(
    'use',
    needsUse ? 'refused' : 'warning',
    `no "use": "sig" at key ${names}${needsUse ? `, so it is none to ${title}` : ''}`,
  )
}

function judgeAlgorithms(
  target: Target,
  keys: readonly Document[],
  document: Document | undefined,
): TrustFinding {
  const stated = (document && textsIn(document, 'id_token_signing_alg_values_supported')) ?? []
  const all = [
    ...new Set([...stated, ...keys.map(({ alg }) => alg).filter((alg) => typeof alg === 'string')]),
  ]
  const foreign = all.filter((alg) => !target.algorithms.includes(alg))
  const accepted = `${target.title} takes ${target.algorithms.join(', ')}`
  if (foreign.length === 0) return finding('alg', 'ok', listed(all) || `no algorithm is stated; ${accepted}`)
  return finding(
    'alg',
    foreign.length === all.length ? 'refused' : 'warning',
    `${listed(foreign)}; ${accepted}`,
  )
}

/** The issuer of tokens of the v2 shape, which have `azp`. */
const V2_ISSUER = /\/v2\.0\/?$/

function judgeAzp(
  { judgesAzp, title }: Target,
  issuer: string,
  document: Document | undefined,
): TrustFinding {
  const hasAzp =
    V2_ISSUER.test(issuer) || (document && textsIn(document, 'claims_supported')?.includes('azp'))
  if (!hasAzp) return finding('azp', 'ok', 'tokens of this issuer have no "azp"')
  return judgesAzp
    ? finding(
        'azp',
        'refused',
        `tokens of this issuer have "azp", which ${title} takes for the audience; leave the audience out of "token-version-2-audiences" and trust the issuer of v1 tokens`,
      )
    : finding('azp', 'ok', `tokens of this issuer have "azp", which does not matter to ${title}`)
}

/** Whether what is published is what the control plane signs with. */
function judgeAge(target: Target, { issuer, keySet, own }: IssuerSeen): TrustFinding[] {
  if ('unseen' in own) {
    const unknown = `whether its keys are those of the control plane is not known: ${own.unseen}`
    return [finding('stale', 'warning', unknown)]
  }
  const differs = own.issuer === issuer ? [] : [judgeOther(issuer, own.issuer)]
  return 'document' in keySet ? [...differs, judgeKeySet(target, keysOf(keySet.document), own.keys)] : differs
}

function judgeOther(issuer: string, own: string): TrustFinding {
  const stated = `the tokens of the control plane state the issuer "${own}"`
  return V2_ISSUER.test(issuer)
    ? finding('issuer-equal', 'warning', `${stated}, but for those of "token-version-2-audiences"`)
    : finding('issuer-equal', 'refused', stated)
}

function judgeKeySet(target: Target, there: readonly Document[], own: readonly Document[]): TrustFinding {
  const published = new Set(there.map(thumbprint))
  const current = new Set(own.map(thumbprint))
  const missing = own.filter((key) => !published.has(thumbprint(key)))
  const left = there.filter((key) => !current.has(thumbprint(key)))
  const again = 'export the documents again'
  if (missing.length > 0) {
    const detail = `${namesOf(missing)} of the control plane is not published there: ${again}`
    return finding('stale', orUpload(target), detail)
  }
  return left.length > 0
    ? finding(
        'stale',
        'warning',
        `${namesOf(left)} is published there, but no longer of the control plane: ${again}`,
      )
    : finding('stale', 'ok', 'its keys are those of the control plane')
}

/** A name alone may be another key's. */
function thumbprint({ kid, n, x, y }: Document): string {
  return JSON.stringify([kid, n, x, y])
}

function namesOf(keys: readonly Document[]): string {
  return `key ${listed(keys.map(({ kid }) => JSON.stringify(kid) ?? 'without a name'))}`
}

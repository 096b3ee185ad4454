/**
 * What one side would find of an issuer: each of its demands, met or not.
 *
 * @see docs/clouds.md
 * @module
 */

import { BlockList } from 'node:net'
import { type Document, type IssuerSeen, keysOf, textsIn } from './issuer-seen.ts'
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

/** Whether the other side cannot fetch the keys, but takes them from a person. */
export function mustUpload(target: Target, seen: IssuerSeen): boolean {
  return (
    target.takesUploadedKeys &&
    (reachFault(target, seen) !== undefined || portFault(target, seen.issuer) !== undefined)
  )
}

function finding(check: TrustCheck, outcome: Outcome, detail: string): TrustFinding {
  return { check, outcome, detail }
}

/** What the name alone tells. */
function judgeName(target: Target, seen: IssuerSeen, url: URL): TrustFinding[] {
  const fault = reachFault(target, seen)
  const reach = fault ?? warningOf(target, seen)
  const port = portFault(target, seen.issuer)
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

/** Why the other side cannot come to the documents. */
function reachFault(
  target: Target,
  { issuer, addresses, configuration, keySet }: IssuerSeen,
): string | undefined {
  const unseen = [configuration, keySet].find((fetched) => 'failure' in fetched)
  if (unseen && 'failure' in unseen) return `${unseen.failure}${hint(target)}`
  if (target.asksFrom === 'own-network') return undefined
  const isPrivatelyVouched = [configuration, keySet].some(
    (one) => 'trustedBy' in one && one.trustedBy === 'private',
  )
  if (isPrivatelyVouched)
    return `only a private CA vouches for its certificate, which ${target.title} does not know${hint(target)}`
  const host = URL.parse(issuer)?.hostname ?? ''
  return addresses.includes(host.replace(/^\[|\]$/g, '')) && addresses.every(isPrivate)
    ? `"${host}" is no address of the internet, from which ${target.title} asks${hint(target)}`
    : undefined
}

function warningOf({ asksFrom, title }: Target, { addresses }: IssuerSeen): string | undefined {
  if (asksFrom === 'own-network' || addresses.length === 0 || !addresses.every(isPrivate)) return undefined
  return `from here it is at ${addresses.join(', ')}, a private address; ${title} asks from the internet`
}

function hint({ takesUploadedKeys }: Target): string {
  return takesUploadedKeys ? '; the recipe uploads the keys instead' : ''
}

/** Why the other side does not ask at the port. */
function portFault(target: Target, issuer: string): string | undefined {
  const port = URL.parse(issuer)?.port
  if (!port || target.port === 'any') return undefined
  return `${target.title} asks at port 443 alone, not ${port}; the settings "url" and "issuer-v1" of the control plane give an issuer without a port`
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
  const detail = `its document states ${JSON.stringify(stated)}, and so do the tokens`
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
  const names = lacking.map(({ kid }) => JSON.stringify(kid ?? 'without a name')).join(', ')
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
  if (foreign.length === 0)
    return finding('alg', 'ok', all.join(', ') || `no algorithm is stated; ${accepted}`)
  return finding(
    'alg',
    foreign.length === all.length ? 'refused' : 'warning',
    `${foreign.join(', ')}; ${accepted}`,
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
  return `key ${keys.map(({ kid }) => JSON.stringify(kid)).join(', ')}`
}

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_NETWORKS = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const

const PRIVATE = new BlockList()
for (const [network, prefix, family] of PRIVATE_NETWORKS) PRIVATE.addSubnet(network, prefix, family)

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

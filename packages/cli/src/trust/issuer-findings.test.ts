import { describe, expect, test } from 'vitest'
import { judgeIssuer, type TrustCheck } from './issuer-findings.ts'
import { mustUpload } from './issuer-reach.ts'
import type { Document, IssuerSeen } from './issuer-seen.ts'
import { TARGET_NAMES, type TargetName } from './target-names.ts'
import { TARGETS, type Target } from './targets.ts'

const ISSUER = 'https://id.example.com/t/'
const KEY = { kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'one', n: 'n', e: 'AQAB' }
const DOCUMENT = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}discovery/keys`,
  response_types_supported: ['token'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  claims_supported: ['aud', 'iss', 'sub', 'appid'],
}

/** A good issuer, but for what `changes` says. */
function seen({
  issuer = ISSUER,
  document = {},
  keys = [KEY],
  ...rest
}: Partial<IssuerSeen> & { document?: Document; keys?: readonly Document[] } = {}): IssuerSeen {
  return {
    issuer,
    hosts: [{ host: 'id.example.com', addresses: ['203.0.113.7'] }],
    configuration: { document: { ...DOCUMENT, issuer, ...document }, trustedBy: 'public' },
    keySet: { document: { keys }, trustedBy: 'public' },
    own: { issuer, keys },
    ...rest,
  }
}

function outcomes(name: TargetName, one: IssuerSeen, check: TrustCheck): string[] {
  return judgeIssuer(TARGETS[name], one)
    .filter((finding) => finding.check === check)
    .map(({ outcome }) => outcome)
}

function refusals(name: TargetName, one: IssuerSeen): TrustCheck[] {
  return judgeIssuer(TARGETS[name], one)
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ check }) => check)
}

test.each(TARGET_NAMES)('%s accepts an issuer as a control plane publishes it', (name) => {
  expect(judgeIssuer(TARGETS[name], seen()).filter(({ outcome }) => outcome !== 'ok')).toEqual([])
})

test.each(TARGET_NAMES)('%s accepts no issuer without https, and nothing else is looked at', (name) => {
  expect(judgeIssuer(TARGETS[name], seen({ issuer: 'http://id.example.com/' }))).toMatchObject([
    { check: 'https', outcome: 'refused' },
  ])
})

describe('a port', () => {
  const one = seen({ issuer: 'https://id.example.com:8443/t/' })
  test.each([
    ['aws', ['port']],
    ['anthropic', []],
    ['entra', []],
    ['google', []],
    ['kubernetes', []],
  ] as const)('%s refuses %j', (name, expected) => {
    expect(refusals(name, one)).toEqual(expected)
  })

  test('of the keys counts as well where it asks for all at one port', () => {
    const keysAt = seen({ document: { jwks_uri: 'https://id.example.com:8443/keys' } })
    expect(outcomes('anthropic', keysAt, 'port')).toEqual(['warning'])
    expect(outcomes('aws', keysAt, 'port')).toEqual(['ok'])
  })

  test('has keys uploaded where they can be', () => {
    expect(mustUpload(TARGETS.anthropic, one)).toBe(true)
    expect(mustUpload(TARGETS.google, one)).toBe(false)
    expect(mustUpload(TARGETS.aws, one)).toBe(false)
  })
})

test('what cannot be reached is refused, unless keys can be uploaded', () => {
  const failure = { failure: 'nobody answers' }
  const one = seen({ configuration: failure, keySet: failure })
  const found = TARGET_NAMES.map((name) => [name, ...outcomes(name, one, 'reachable')])
  expect(Object.fromEntries(found)).toEqual({
    aws: 'refused',
    google: 'warning',
    entra: 'refused',
    kubernetes: 'refused',
    vault: 'refused',
    openai: 'warning',
    anthropic: 'warning',
    keycloak: 'refused',
  })
  expect(TARGET_NAMES.filter((name) => mustUpload(TARGETS[name], one))).toEqual([
    'google',
    'openai',
    'anthropic',
  ])
})

test('a private CA is refused where it cannot be named', () => {
  const one = seen({ configuration: { document: DOCUMENT, trustedBy: 'private' } })
  expect(outcomes('aws', one, 'reachable')).toEqual(['refused'])
  expect(outcomes('entra', one, 'reachable')).toEqual(['refused'])
  expect(outcomes('vault', one, 'reachable')).toEqual(['ok'])
})

test('a private address is refused as the name of the host, and a warning behind a name', () => {
  const at = (host: string, address: string) =>
    seen({
      issuer: `https://${host}/t/`,
      hosts: [
        { host: 'id.example.com', addresses: ['203.0.113.7'] },
        { host, addresses: [address] },
      ],
    })
  expect(outcomes('aws', at('keys.example.com', '10.0.0.7'), 'reachable')).toEqual(['warning'])
  expect(outcomes('kubernetes', at('keys.example.com', '10.0.0.7'), 'reachable')).toEqual(['ok'])
  expect(outcomes('aws', at('10.0.0.7', '10.0.0.7'), 'reachable')).toEqual(['refused'])
  expect(outcomes('entra', at('[::1]', '::1'), 'reachable')).toEqual(['refused'])
  expect(outcomes('google', at('10.0.0.7', '10.0.0.7'), 'reachable')).toEqual(['warning'])
})

test('a query, a fragment or a user in the issuer is refused', () => {
  for (const issuer of ['https://x.example/?a', 'https://x.example/#a', 'https://me@x.example/']) {
    expect(outcomes('vault', seen({ issuer }), 'path')).toEqual(['refused'])
  }
})

test('another issuer in the document is refused, and a slash is named as what differs', () => {
  const other = seen({ document: { issuer: 'https://other.example/' } })
  expect(refusals('google', other)).toEqual(['issuer-equal'])
  const slash = seen({ document: { issuer: ISSUER.slice(0, -1) } })
  expect(refusals('google', slash)).toEqual(['issuer-equal', 'slash'])
})

test('the control plane that states another issuer is told', () => {
  const one = seen({ own: { issuer: 'https://sts.windows.net/t/', keys: [KEY] } })
  expect(refusals('kubernetes', one)).toEqual(['issuer-equal'])
  const v2 = seen({ issuer: 'https://id.example.com/t/v2.0', own: { issuer: ISSUER, keys: [KEY] } })
  expect(outcomes('kubernetes', v2, 'issuer-equal')).toEqual(['ok', 'warning'])
})

test('a key without its use is none to Entra and a warning elsewhere', () => {
  const { use: _, ...bare } = KEY
  expect(refusals('entra', seen({ keys: [bare] }))).toEqual(['use'])
  expect(outcomes('vault', seen({ keys: [bare] }), 'use')).toEqual(['warning'])
})

test('an algorithm that a side does not take is refused if there is no other', () => {
  const keys = [{ ...KEY, alg: 'PS256' }]
  const document = { id_token_signing_alg_values_supported: ['PS256'] }
  expect(refusals('entra', seen({ keys, document }))).toEqual(['alg'])
  expect(refusals('aws', seen({ keys, document }))).toEqual(['alg'])
  expect(refusals('vault', seen({ keys, document }))).toEqual([])
  expect(outcomes('entra', seen({ keys: [KEY, ...keys] }), 'alg')).toEqual(['warning'])
})

test('a hundred keys of one kind are taken, one more is not, and none is none', () => {
  const many = Array.from({ length: 101 }, (_, index) => ({ ...KEY, kid: String(index) }))
  expect(refusals('aws', seen({ keys: many }))).toEqual(['key-count'])
  expect(refusals('entra', seen({ keys: many.slice(0, 100) }))).toEqual([])
  expect(refusals('google', seen({ keys: [] }))).toContain('key-count')
})

test.each([
  ['aws', 'claims_supported'],
  ['vault', 'response_types_supported'],
  ['google', 'jwks_uri'],
] as const)('%s misses %s in the document', (name, member) => {
  expect(refusals(name, seen({ document: { [member]: undefined } }))).toEqual(['claims'])
})

test('tokens with "azp" are judged by it at AWS alone', () => {
  const v2 = seen({ issuer: 'https://id.example.com/t/v2.0' })
  expect(refusals('aws', v2)).toEqual(['azp'])
  expect(refusals('google', v2)).toEqual([])
  expect(refusals('aws', seen({ document: { claims_supported: ['aud', 'azp'] } }))).toEqual(['azp'])
})

describe('published keys', () => {
  const next = { ...KEY, kid: 'next', n: 'other' }

  test('that lack one of the control plane are refused', () => {
    expect(refusals('aws', seen({ own: { issuer: ISSUER, keys: [KEY, next] } }))).toEqual(['stale'])
  })

  test('that have the name of another key are refused', () => {
    expect(refusals('aws', seen({ own: { issuer: ISSUER, keys: [{ ...KEY, n: 'new' }] } }))).toEqual([
      'stale',
    ])
  })

  test('that have a former one are a warning', () => {
    const one = seen({ keys: [KEY, next], own: { issuer: ISSUER, keys: [KEY] } })
    expect(outcomes('aws', one, 'stale')).toEqual(['warning'])
  })

  test('are a warning where the control plane cannot be asked', () => {
    expect(outcomes('aws', seen({ own: { unseen: 'it sleeps' } }), 'stale')).toEqual(['warning'])
  })
})

test('a document without lists or with strange ones is judged, whatever is in it', () => {
  const strange: Document = { claims_supported: 'azp', id_token_signing_alg_values_supported: [7] }
  const one = {
    ...seen({ document: strange }),
    keySet: { document: { keys: 'none' }, trustedBy: 'public' } as const,
  }
  for (const name of TARGET_NAMES) expect(refusals(name, one)).toContain('key-count')
})

test('every target has an audience and says whence it asks', () => {
  const rows: Target[] = Object.values(TARGETS)
  for (const { audience, members } of rows) {
    expect(audience).not.toBe('')
    expect(members).toContain('jwks_uri')
  }
})

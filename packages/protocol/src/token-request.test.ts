import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireError } from './errors.ts'
import { PARAMETER_MAX_CHARACTERS, RESOURCE_MAX_CHARACTERS } from './limits.ts'
import { hasControlCharacters } from './query.ts'
import { STYLE_NAMES, STYLES, styleOf } from './styles.ts'
import { readTokenRequest } from './token-request.ts'

const VERSION = 'api-version=2020-06-01'
const ID = '0b8f1c1e-6a0e-4f0a-9d0c-000000000001'

/** A query made of the parameters that matter, in any number and order and case, well formed or not. */
const tokenQuery = fc
  .array(
    fc.tuple(
      fc.constantFrom('api-version', 'API-Version', 'resource', 'Resource', 'client_id', 'msi-res-id', 'x'),
      fc.oneof(
        fc.constantFrom(
          '2020-06-01',
          '2019-08-01',
          'https%3A%2F%2Fvault.azure.net',
          '',
          '+',
          '%253A',
          '%ff',
          '%00',
          '%',
        ),
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.string({ unit: 'grapheme', maxLength: 8 }).map(encodeURIComponent),
      ),
    ),
    { maxLength: 5 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))

const resource = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/\s/.test(text) && !hasControlCharacters(text))

test('a request of each official client is read', () => {
  expect(readTokenRequest(STYLES.arc, `${VERSION}&resource=https%3A%2F%2Fvault.azure.net`)).toEqual({
    apiVersion: '2020-06-01',
    audience: 'https://vault.azure.net',
    selector: undefined,
    bypassCache: false,
    refusedTokenHash: undefined,
  })
})

test.each(
  STYLE_NAMES.flatMap((name) => styleOf(name).apiVersions.map((version) => [name, version] as const)),
)(
  'the style %s takes version %s, in any order and case of names, and ignores what it does not know',
  (name, version) => {
    const query = `xms_cc=cp1&Resource=a&bypass_cache=true&bypass_cache=x&API-VERSION=${version}&new=%00`
    expect(readTokenRequest(STYLES[name], query)).toMatchObject({ apiVersion: version, audience: 'a' })
  },
)

test.each([
  'https://vault.azure.net',
  'https://vault.azure.net/',
  'https://x//',
  'https%3a%2f%2fvault.azure.net',
  'api://0b8f1c1e-6a0e-4f0a-9d0c-000000000001',
  '00000003-0000-0000-c000-000000000000',
  'HTTPS://Vault.Azure.Net',
  'https://x/?a=b&c#d',
  'a+b%20',
])('the resource %j is kept byte for byte', (value) => {
  const query = `${VERSION}&resource=${encodeURIComponent(value)}`
  expect(readTokenRequest(STYLES.arc, query).audience).toBe(value)
})

test.each([
  ['https://storage.azure.com/.default', 'https://storage.azure.com'],
  ['https://storage.azure.com//.default', 'https://storage.azure.com/'],
  ['https://storage.azure.com/.default/', 'https://storage.azure.com'],
  ['https://storage.azure.com/.DEFAULT', 'https://storage.azure.com'],
  ['https://storage.azure.com/.default/.default', 'https://storage.azure.com/.default'],
  ['https%3A%2F%2Fstorage.azure.com%2F.default', 'https://storage.azure.com'],
  ['https%253A%252F%252Fstorage.azure.com%252F%252Edefault', 'https://storage.azure.com'],
  ['api://0b8f1c1e-6a0e-4f0a-9d0c-000000000001/.default', 'api://0b8f1c1e-6a0e-4f0a-9d0c-000000000001'],
  ['00000003-0000-0000-c000-000000000000/.default', '00000003-0000-0000-c000-000000000000'],
  ['.default', 'one such as "resource=https://vault.azure.net"'],
])('the scope %j is no resource, and the answer names %j', (scope, named) => {
  const query = `${VERSION}&resource=${encodeURIComponent(scope)}`
  expect(() => readTokenRequest(STYLES.arc, query)).toThrow(
    expect.objectContaining({
      code: 'resource_is_scope',
      error: 'invalid_resource',
      message: expect.stringContaining(named.startsWith('one') ? named : `"resource=${named}"`),
    }),
  )
})

test.each([
  'https://x.default',
  'https://x/a.default',
  'https://x/.defaults',
  'https://x/.default/a',
  '.defaults',
])('%j is a resource like any other', (value) => {
  const query = `${VERSION}&resource=${encodeURIComponent(value)}`
  expect(readTokenRequest(STYLES.arc, query).audience).toBe(value)
})

test.each([
  ['https%3A%2F%2Fvault.azure.net%2F.default', 'ask for "resource=https://vault.azure.net"'],
  ['https%3A%2F%2Fa%2F.default%20https%3A%2F%2Fb%2F.default', 'such as "resource='],
  ['openid', 'such as "resource='],
  ['', 'such as "resource='],
])('scope=%s in place of a resource is not read, and the answer says what is', (scope, advice) => {
  expect(() => readTokenRequest(STYLES.arc, `${VERSION}&scope=${scope}`)).toThrow(
    expect.objectContaining({ code: 'resource_missing', message: expect.stringContaining(advice) }),
  )
})

test('a resource is decoded exactly once', () => {
  expect(readTokenRequest(STYLES.arc, `${VERSION}&resource=https%253A`).audience).toBe('https%3A')
})

test('any resource that is whole text without spaces is kept byte for byte', () => {
  fc.assert(
    fc.property(resource, (value) => {
      const query = `resource=${encodeURIComponent(value)}&${VERSION}`
      expect(readTokenRequest(STYLES.arc, query).audience).toBe(value)
    }),
  )
})

test('the selector is part of the request', () => {
  expect(readTokenRequest(STYLES.arc, `${VERSION}&resource=a&client_id=${ID}`).selector).toEqual({
    name: 'client_id',
    value: ID,
  })
})

test.each([
  ['', 'api_version_missing'],
  ['resource=a', 'api_version_missing'],
  ['api-version=&resource=a', 'api_version_missing'],
  ['api-version&resource=a', 'api_version_missing'],
  ['api-version=2018-02-01&resource=a', 'api_version_unsupported'],
  ['api-version=2020-06-01+&resource=a', 'api_version_unsupported'],
  ['api-version=__proto__&resource=a', 'api_version_unsupported'],
  [`${VERSION}&${VERSION}&resource=a`, 'parameter_repeated'],
  [`${VERSION}&Api-Version=2019-11-01&resource=a`, 'parameter_repeated'],
  [`api-version=${'1'.repeat(PARAMETER_MAX_CHARACTERS + 1)}`, 'parameter_malformed'],
  ['api-version=2020-06-01%00&resource=a', 'parameter_malformed'],
  [VERSION, 'resource_missing'],
  [`${VERSION}&resource`, 'resource_missing'],
  [`${VERSION}&resource=`, 'resource_missing'],
  [`${VERSION}&resource=+%20%09`, 'resource_missing'],
  [`${VERSION}&resource=a&resource=a`, 'parameter_repeated'],
  [`${VERSION}&resource=a&RESOURCE=b`, 'parameter_repeated'],
  [`${VERSION}&resource=&resource=b`, 'parameter_repeated'],
  [`${VERSION}&resource=${'a'.repeat(5000)}`, 'resource_malformed'],
  [`${VERSION}&resource=a%00`, 'resource_malformed'],
  [`${VERSION}&resource=a%0D%0Ab`, 'resource_malformed'],
  [`${VERSION}&resource=a%E2%80%A9`, 'resource_malformed'],
  [`${VERSION}&resource=openid+https://vault.azure.net`, 'resource_malformed'],
  [`${VERSION}&resource=a%C2%A0b`, 'resource_malformed'],
  [`${VERSION}&resource=a%20`, 'resource_malformed'],
  [`${VERSION}&resource=%C0%AF`, 'query_malformed'],
  [`${VERSION}&resource=%`, 'query_malformed'],
  [`${VERSION}&resource=a&client_id=b&object_id=c`, 'selector_repeated'],
])('the request %j is refused: %s', (query, code) => {
  expect(() => readTokenRequest(STYLES.arc, query)).toThrow(expect.objectContaining({ code }))
})

test.each(['2018-02-01', '2019-08-01', '2025-04-07', '2099-12-31', '9999-01-01'])(
  'the VM style takes %s, since clients of years to come send later dates',
  (version) => {
    expect(readTokenRequest(STYLES.vm, `api-version=${version}&resource=a`).apiVersion).toBe(version)
  },
)

test.each([
  '2018-01-31',
  '2017-12-01',
  '2019-13-01',
  '2019-00-01',
  '2019-01-32',
  '2019-1-1',
  '2019-08-01-preview',
  '20190801',
  'latest',
  '9',
])('the VM style does not take %s', (version) => {
  expect(() => readTokenRequest(STYLES.vm, `api-version=${version}&resource=a`)).toThrow(
    expect.objectContaining({
      code: 'api_version_unsupported',
      message: expect.stringContaining('Supported are 2018-02-01 and later'),
    }),
  )
})

test('a request of Cloud Shell needs no version, and selects no identity', () => {
  const style = STYLES['cloud-shell']
  expect(readTokenRequest(style, 'resource=a')).toMatchObject({ apiVersion: undefined, audience: 'a' })
  expect(() => readTokenRequest(style, `resource=a&client_id=${ID}`)).toThrow(
    expect.objectContaining({ code: 'selector_unsupported' }),
  )
})

const HASH = 'ab'.repeat(32)

test.each([
  ['', { bypassCache: false, refusedTokenHash: undefined }],
  ['bypass_cache=true', { bypassCache: true }],
  ['bypass_cache=x&BYPASS_CACHE=true', { bypassCache: true }],
  ['bypass_cache=', { bypassCache: false }],
  ['bypass_cache=TRUE', { bypassCache: false }],
  [`token_sha256_to_refresh=${HASH}`, { refusedTokenHash: HASH }],
  [`token_sha256_to_refresh=${HASH.toUpperCase()}`, { refusedTokenHash: HASH }],
  [`token_sha256_to_refresh=${HASH}0`, { refusedTokenHash: undefined }],
  ['token_sha256_to_refresh=', { refusedTokenHash: undefined }],
  ['xms_cc=cp1,cp2', { bypassCache: false, refusedTokenHash: undefined }],
])('%j is understood', (query, expected) => {
  expect(readTokenRequest(STYLES.arc, `${VERSION}&resource=a&${query}`)).toMatchObject(expected)
})

test('the longest resource is taken', () => {
  const value = 'a'.repeat(RESOURCE_MAX_CHARACTERS)
  expect(readTokenRequest(STYLES.arc, `${VERSION}&resource=${value}`).audience).toBe(value)
})

test.each(['', 'api-version=', 'api-version=2018-02-01'])(
  'the answer to %j lists the supported versions in the words of the real agent',
  (query) => {
    expect(() => readTokenRequest(STYLES.arc, query)).toThrow(
      /^The api-version (not specified|is not supported)\. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15$/,
    )
  },
)

test('whatever the query, it is refused with a WireError or gives a supported version and a clean resource', () => {
  fc.assert(
    fc.property(fc.constantFrom(...STYLE_NAMES), tokenQuery, (name, query) => {
      try {
        const request = readTokenRequest(STYLES[name], query)
        if (name === 'vm') expect(request.apiVersion).toMatch(/^\d{4}-\d{2}-\d{2}$/)
        else if (name === 'cloud-shell') expect(request.apiVersion).toBeUndefined()
        else expect(STYLES[name].apiVersions).toContain(request.apiVersion)
        expect(request.audience).toMatch(/^\S+$/)
        expect(request.audience.isWellFormed()).toBe(true)
        expect(hasControlCharacters(request.audience + (request.selector?.value ?? ''))).toBe(false)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
    { numRuns: 500 },
  )
})

/** What comes back over a real socket for every kind of request that is not as it should be. */

import { STYLES, WireError, type WireErrorCode } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { MALFORMED } from './malformed-requests.ts'
import { exchange, get, type RawAnswer, RawConnection, valuesOf } from './raw-http.ts'
import { presentKey, SECRET, startAgent, TOKEN_HEADERS, TOKEN_TARGET, takeKey } from './running-agent.ts'

const PATH = STYLES.arc.path
const VERSION = 'api-version=2020-06-01'
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Fails unless `answer` is the flat OAuth body of `code`, with the headers of every answer. */
function expectError(
  answer: RawAnswer | undefined,
  code: WireErrorCode,
  more: readonly string[] = [],
): Record<string, string> {
  const expected = new WireError(code)
  expect(answer?.body).not.toBe('')
  const body = JSON.parse(answer?.body ?? '')
  expect(Object.keys(body)).toEqual(['error', 'error_description', 'correlation_id', ...more])
  expect(body.error_description.startsWith(expected.message), body.error_description).toBe(true)
  expect([answer?.status, body.error]).toEqual([expected.status, expected.error])
  expect(body.correlation_id).toMatch(GUID)
  expect(valuesOf({ headers: answer?.headers ?? [] }, 'content-type')).toEqual(['application/json'])
  expect(valuesOf({ headers: answer?.headers ?? [] }, 'cache-control')).toEqual(['no-store'])
  return body
}

/** A request in Arc style for `query`, with these header lines instead of the usual. */
function arc(query: string, lines: readonly string[] = TOKEN_HEADERS): string {
  return get(`${PATH}?${query}`, ...lines)
}

const GOOD_QUERY = `${VERSION}&resource=https%3A%2F%2Fvault.azure.net`

const REFUSED: [string, string, WireErrorCode][] = [
  [
    'an unknown path, header or not',
    get('/metadata/identity/getplatformmetadata', 'Host: 127.0.0.1'),
    'path_unknown',
  ],
  [
    'an unknown path with everything else wrong',
    'POST /x HTTP/1.1\r\nHost: evil\r\nVia: x\r\n\r\n',
    'path_unknown',
  ],
  ['the path of another style', get('/msi/token', ...TOKEN_HEADERS), 'path_unknown'],
  [
    'an absolute target of another host',
    get(`http://evil.example${TOKEN_TARGET}`, ...TOKEN_HEADERS),
    'path_unknown',
  ],
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'].map(
    (method): [string, string, WireErrorCode] => [
      `the method ${method}`,
      `${method} ${TOKEN_TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nMetadata: true\r\n\r\n`,
      'method_not_allowed',
    ],
  ),
  ['a foreign Host', arc(GOOD_QUERY, ['Host: evil.example', 'Metadata: true']), 'host_not_allowed'],
  ...[
    'X-Forwarded-For: 10.0.0.1',
    'x-forwarded-proto: https',
    'Forwarded: for=10.0.0.1',
    'Via: 1.1 x',
    'VIA:',
  ].map((line): [string, string, WireErrorCode] => [
    `the header "${line}"`,
    arc(GOOD_QUERY, [...TOKEN_HEADERS, line]),
    'request_proxied',
  ]),
  ['no Metadata', arc(GOOD_QUERY, ['Host: 127.0.0.1']), 'metadata_header_missing'],
  ['no Metadata and no query', get(PATH, 'Host: 127.0.0.1'), 'metadata_header_missing'],
  ['a wrong Metadata', arc(GOOD_QUERY, ['Host: 127.0.0.1', 'Metadata: yes']), 'metadata_header_missing'],
  ['a doubled Metadata', arc(GOOD_QUERY, [...TOKEN_HEADERS, 'Metadata: true']), 'metadata_header_missing'],
  ['no api-version', arc('resource=a'), 'api_version_missing'],
  ['an empty api-version', arc('api-version=&resource=a'), 'api_version_missing'],
  ['an unknown api-version', arc('api-version=2018-02-01&resource=a'), 'api_version_unsupported'],
  ['no resource', arc(VERSION), 'resource_missing'],
  ['an empty resource', arc(`${VERSION}&resource=`), 'resource_missing'],
  ['a doubled resource', arc(`${VERSION}&resource=a&Resource=a`), 'parameter_repeated'],
  ['a resource of 5 kB', arc(`${VERSION}&resource=${'a'.repeat(5000)}`), 'resource_malformed'],
  ['a resource with control characters', arc(`${VERSION}&resource=a%0d%0ab`), 'resource_malformed'],
  ['a query that is no UTF-8', arc(`${VERSION}&resource=%ff`), 'query_malformed'],
  ['two selectors', arc(`${GOOD_QUERY}&client_id=a&object_id=b`), 'selector_repeated'],
  ['no key', arc(GOOD_QUERY), 'key_required'],
  ['Authorization: Bearer', arc(GOOD_QUERY, [...TOKEN_HEADERS, 'Authorization: Bearer x']), 'key_rejected'],
  ['a malformed key', arc(GOOD_QUERY, [...TOKEN_HEADERS, 'Authorization: Basic \x80\xff']), 'key_rejected'],
  ['a key without a scheme', arc(GOOD_QUERY, [...TOKEN_HEADERS, 'Authorization: x']), 'key_rejected'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'http_malformed'],
  ...MALFORMED.map(([what, request, code]): [string, string, WireErrorCode] => [
    what,
    request(TOKEN_TARGET, TOKEN_HEADERS),
    code,
  ]),
]

test.each(REFUSED)('%s is answered in the endpoint\u2019s own form', async (_, request, code) => {
  const { arc: target, source, logged } = await startAgent()
  expectError(await exchange(target, request), code)
  expect(await takeKey(target)).toMatch(/^\S+$/)
  expect(source.asked).toEqual([])
  expect(logged.filter((line) => line.includes('"level":50'))).toEqual([])
})

test.each(['POST', 'NONSENSE'])('405 to %s names the method that is allowed', async (method) => {
  const { arc: target } = await startAgent()
  const answer = await exchange(target, `${method} ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  expect(valuesOf(answer, 'allow')).toEqual(['GET'])
})

test.each(['', 'api-version=2018-02-01'])(
  'the answer to the version %j lists those supported',
  async (query) => {
    const { arc: target } = await startAgent()
    const { body } = await exchange(target, arc(`${query}&resource=a`))
    for (const version of STYLES.arc.apiVersions) expect(body).toContain(version)
  },
)

test('the 401 is as every SDK needs it', async () => {
  const { arc: target } = await startAgent()
  const answer = await exchange(target, arc(GOOD_QUERY))
  expectError(answer, 'key_required')
  const challenges = answer.headers.filter(([name]) => name.toLowerCase() === 'www-authenticate')
  expect(challenges.map(([name]) => name)).toEqual(['Www-Authenticate'])
  expect(challenges[0]?.[1]).toMatch(/^Basic realm=\/[^=\s"]+\/[0-9a-f-]{36}\.key$/)
  expect(valuesOf(answer, 'retry-after')).toEqual([])
})

test.each([
  ['a doubled slash', `/${TOKEN_TARGET}`],
  ['a trailing slash', TOKEN_TARGET.replace('?', '/?')],
  ['both, and more', `///${TOKEN_TARGET.replace('/oauth2/', '//oauth2///').replace('?', '//?')}`],
])('%s in the path is accepted', async (_, path) => {
  const { arc: target } = await startAgent()
  expect(await presentKey(target, await takeKey(target), path)).toMatchObject({ status: 200 })
})

test.each([
  ['another spelling of the header', ['host: LOCALHOST:1', 'mEtAdAtA: TRUE']],
  ['[::1] as the host', ['Host: [::1]:40342', 'Metadata: true']],
  [
    'headers that nobody asked for',
    [...TOKEN_HEADERS, 'Content-Type: application/json', 'Accept: x/y', 'X-Y: z'],
  ],
  ['an empty body', [...TOKEN_HEADERS, 'Content-Length: 0']],
  ['the wish to change the protocol', [...TOKEN_HEADERS, 'Connection: Upgrade', 'Upgrade: websocket']],
])('%s is accepted', async (_, lines) => {
  const { arc: target } = await startAgent()
  const answer = await exchange(
    target,
    arc(GOOD_QUERY, [...lines, `Authorization: Basic ${await takeKey(target)}`]),
  )
  expect(answer.status).toBe(200)
})

test('HTTP/1.0 with the right headers is answered', async () => {
  const { arc: target } = await startAgent()
  const lines = [...TOKEN_HEADERS, `Authorization: Basic ${await takeKey(target)}`, '', ''].join('\r\n')
  expect((await exchange(target, `GET ${TOKEN_TARGET} HTTP/1.0\r\n${lines}`)).status).toBe(200)
})

test('who expects to be told to go on is told, and then answered', async () => {
  const { arc: target } = await startAgent()
  const connection = new RawConnection(target)
  connection.send(arc(GOOD_QUERY, [...TOKEN_HEADERS, 'Expect: 100-continue']))
  expect((await connection.read())?.status).toBe(100)
  expectError(await connection.read(), 'key_required')
})

test('a doubled Authorization is no key, and leaves the right one good', async () => {
  const { arc: target } = await startAgent()
  const key = await takeKey(target)
  const line = `Authorization: Basic ${key}`
  expectError(await exchange(target, arc(GOOD_QUERY, [...TOKEN_HEADERS, line, line])), 'key_rejected')
  expect((await presentKey(target, key)).status).toBe(200)
})

test.each([
  ['of a length', 'Content-Length: 1000000000', 'x'],
  ['in chunks', 'Transfer-Encoding: chunked', '5\r\nhello\r\n'],
])(
  'a body %s that never ends is not read: the answer comes, and the connection ends',
  async (_, line, part) => {
    const { arc: target } = await startAgent()
    const connection = new RawConnection(target)
    connection.send(arc(GOOD_QUERY, [...TOKEN_HEADERS, line]))
    connection.send(part)
    const answer = await connection.read()
    expectError(answer, 'key_required')
    expect(valuesOf({ headers: answer?.headers ?? [] }, 'connection')).toEqual(['close'])
    await connection.end()
  },
)

test('requests on one connection are answered in their order, until one is garbage', async () => {
  const { arc: target } = await startAgent()
  const connection = new RawConnection(target)
  connection.send(arc(GOOD_QUERY) + arc(VERSION))
  expectError(await connection.read(), 'key_required')
  expectError(await connection.read(), 'resource_missing')
  connection.send('garbage\r\n\r\n')
  expectError(await connection.read(), 'http_malformed')
  await connection.end()
})

test('garbage behind a request that waits ends the connection and nothing else', async () => {
  const { arc: target, source } = await startAgent()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const connection = new RawConnection(target)
  connection.send(arc(GOOD_QUERY, [...TOKEN_HEADERS, `Authorization: Basic ${await takeKey(target)}`]))
  await expect.poll(() => source.asked.length).toBe(1)
  connection.send('garbage\r\n\r\n')
  await connection.end()
  gate.resolve()
  expect((await presentKey(target, await takeKey(target))).status).toBe(200)
})

test('a caller that hangs up harms nobody', async () => {
  const { arc: target, source, logged } = await startAgent()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const callers = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const caller = new RawConnection(target)
      caller.send(arc(GOOD_QUERY, [...TOKEN_HEADERS, `Authorization: Basic ${await takeKey(target)}`]))
      return caller
    }),
  )
  await expect.poll(() => source.asked.length).toBe(1)
  for (const caller of callers) caller.socket.resetAndDestroy()
  gate.resolve()
  expect((await presentKey(target, await takeKey(target))).status).toBe(200)
  expect(logged.filter((line) => line.includes('"level":50'))).toEqual([])
})

test.each<[string, string, readonly string[], WireErrorCode]>([
  ['no secret', '', [], 'identity_header_rejected'],
  ['a wrong secret', '', ['X-IDENTITY-HEADER: wrong'], 'identity_header_rejected'],
  [
    'a doubled secret',
    '',
    [`X-IDENTITY-HEADER: ${SECRET}`, `X-IDENTITY-HEADER: ${SECRET}`],
    'identity_header_rejected',
  ],
  [
    'the version of another style',
    'api-version=2020-06-01',
    [`X-IDENTITY-HEADER: ${SECRET}`],
    'api_version_unsupported',
  ],
  [
    'an identity that is not here',
    'api-version=2019-08-01&client_id=x',
    [`X-IDENTITY-HEADER: ${SECRET}`],
    'identity_not_found',
  ],
])('in App Service style %s is refused, without a challenge', async (_, query, lines, code) => {
  const { appService } = await startAgent()
  const target = `${STYLES['app-service'].path}?${query || 'api-version=2019-08-01'}&resource=a`
  const answer = await exchange(appService, get(target, 'Host: 127.0.0.1', ...lines))
  const body = expectError(answer, code, ['statusCode', 'message'])
  expect([body.statusCode, body.message]).toEqual([String(answer.status), body.error_description])
  expect(valuesOf(answer, 'www-authenticate')).toEqual([])
})

test('in App Service style the secret alone gets a token', async () => {
  const { appService } = await startAgent()
  const target = `${STYLES['app-service'].path}/?api-version=2019-08-01&resource=a`
  const answer = await exchange(appService, get(target, 'Host: 127.0.0.1', `x-identity-header: ${SECRET}`))
  expect(JSON.parse(answer.body)).toMatchObject({
    access_token: 'token-1-for-a',
    resource: 'a',
    token_type: 'Bearer',
  })
})

/** Every style over a real socket: what is answered with a token, and everything that is not as it should be. */

import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { STYLE_NAMES, type StyleName, styleOf, WireError, type WireErrorCode } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { IDENTITY } from './fake-source.ts'
import { exchange, get, RawConnection, valuesOf } from './raw-http.ts'
import { SECRET } from './running-agent.ts'
import {
  ASSIGNED,
  clientIdOf,
  type Otherwise,
  parametersOf,
  type StyleAnswer,
  startStyles,
} from './style-endpoints.ts'

const VAULT = 'https://vault.azure.net'
const SELECTING = STYLE_NAMES.filter((name) => styleOf(name).selectors.length > 0)
const WITH_SECRET = STYLE_NAMES.filter((name) => styleOf(name).secretHeader !== undefined)
const WITH_METADATA = STYLE_NAMES.filter((name) => styleOf(name).metadataHeader)
const VERSIONED = STYLE_NAMES.filter((name) => styleOf(name).apiVersions.length > 0)

function expectError({ status, body, headers }: StyleAnswer, code: WireErrorCode): void {
  const expected = new WireError(code)
  const { error, sentence } = readError(status, body)
  expect(sentence?.startsWith(expected.message), sentence).toBe(true)
  expect([status, error]).toEqual([expected.status, expected.error])
  expect(headers['content-type']).toBe('application/json')
}

/** What an error says, in whatever form its style has them. */
function readError(status: number, { statusCode, message, ...rest }: StyleAnswer['body']) {
  if (typeof rest.error === 'object') {
    const nested = rest.error as Record<string, string>
    expect([Object.keys(rest), Object.keys(nested)]).toEqual([
      ['error'],
      ['code', 'message', 'correlationId'],
    ])
    return { error: nested.code, sentence: nested.message }
  }
  expect(Object.keys(rest)).toEqual(['error', 'error_description', 'correlation_id'])
  const { error, error_description: sentence } = rest
  if (message !== undefined) expect([statusCode, message]).toEqual([String(status), sentence])
  return { error, sentence }
}

test.each(STYLE_NAMES)('in the style %s a request of its clients gets a token', async (style) => {
  const { ask } = await startStyles()
  const { status, body } = await ask(style)
  expect([status, body]).toEqual([200, expect.objectContaining({ resource: VAULT, token_type: 'Bearer' })])
  expect(body.access_token).toBe(`token-1-for-${VAULT}`)
  expect(body.expires_on).toMatch(
    style === 'app-service-2017' ? /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d \+00:00$/ : /^\d{10}$/,
  )
})

test.each(STYLE_NAMES)(
  'in the style %s an error has "statusCode" and "message" only if App Service is meant, or what is like it',
  async (style) => {
    const { ask } = await startStyles()
    const { body } = await ask(style, { more: '&x=%' })
    expect(Object.keys(body).includes('message')).toBe(
      ['app-service', 'app-service-2017', 'azure-ml'].includes(style),
    )
  },
)

test('in the style cloud-shell a GET with its parameters in the query gets a token as well', async () => {
  const { ask } = await startStyles()
  expect((await ask('cloud-shell', { method: 'GET' })).status).toBe(200)
  expectError(await ask('cloud-shell', { method: 'GET', parameters: '' }), 'resource_missing')
})

test.each(STYLE_NAMES)('in the style %s the path may have slashes too many', async (style) => {
  const { ask } = await startStyles()
  expect((await ask(style, { path: `/${styleOf(style).path}/` })).status).toBe(200)
})

/** What is wrong with a request, in whatever style. */
const REFUSED: [string, Otherwise, WireErrorCode][] = [
  [
    'an unknown path',
    { path: '/metadata/identity/getplatformmetadata', headers: { host: 'evil' } },
    'path_unknown',
  ],
  ['a method that is not the style\u2019s', { method: 'PUT' }, 'method_not_allowed'],
  ['a foreign Host', { headers: { host: 'evil.example' } }, 'host_not_allowed'],
  ['a Host that is nearly ours', { headers: { host: '169.254.169.254.evil.example' } }, 'host_not_allowed'],
  ['X-Forwarded-For', { headers: { 'x-forwarded-for': '127.0.0.1' } }, 'request_proxied'],
  ['Forwarded', { headers: { forwarded: 'for=127.0.0.1' } }, 'request_proxied'],
  ['Via', { headers: { via: '1.1 x' } }, 'request_proxied'],
  ['a doubled resource', { more: '&Resource=a' }, 'parameter_repeated'],
  ['what is no UTF-8', { more: '&x=%ff' }, 'query_malformed'],
  ['a broken escape', { more: '&x=%' }, 'query_malformed'],
]

for (const style of STYLE_NAMES) {
  test.each(REFUSED)(`in the style ${style} %s is refused`, async (_, otherwise, code) => {
    const { ask, source } = await startStyles()
    expectError(await ask(style, otherwise), code)
    expect(source.asked).toEqual([])
  })

  test.each([
    ['no resource', '', 'resource_missing'],
    ['an empty resource', 'resource=', 'resource_missing'],
    ['a resource with a line break', 'resource=a%0d%0ab', 'resource_malformed'],
    ['a resource of 5 kB', `resource=${'a'.repeat(5000)}`, 'resource_malformed'],
    ['two resources in one', 'resource=a%20b', 'resource_malformed'],
    ['a scope', `resource=${encodeURIComponent(`${VAULT}/.default`)}`, 'resource_is_scope'],
    ['a scope that is encoded twice', 'resource=https%253A%252F%252Fa%252F.default', 'resource_is_scope'],
    ['a scope by its own name', `scope=${encodeURIComponent(`${VAULT}/.default`)}`, 'resource_missing'],
  ] as const)(`in the style ${style} %s is refused`, async (_, resource, code) => {
    const { ask, source } = await startStyles()
    const parameters = parametersOf(style).replace(/resource=.*/, resource)
    expectError(await ask(style, { parameters }), code)
    expect(source.asked).toEqual([])
  })

  test(`in the style ${style} 405 names the method that is allowed`, async () => {
    const { ask, locationOf } = await startStyles()
    expect((await ask(style, { method: 'PUT' })).headers.allow).toBe(styleOf(style).methods.join(', '))
    if (styleOf(style).scheme === 'https') return
    const port = Number(new URL(locationOf(style).url).port)
    const answer = await exchange(
      { port },
      `NONSENSE ${styleOf(style).path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    )
    expect([answer.status, valuesOf(answer, 'allow')]).toEqual([405, [styleOf(style).methods.join(', ')]])
  })
}

test.each(WITH_METADATA)('in the style %s the metadata header must say "true", once', async (style) => {
  const { ask } = await startStyles()
  for (const metadata of [undefined, '', 'false', 'true, true']) {
    expectError(await ask(style, { headers: { metadata } }), 'metadata_header_missing')
  }
})

test('a probe of the VM style without header or query is answered 400 at once, without the word for Docker', async () => {
  const { locationOf, source } = await startStyles()
  const port = Number(new URL(locationOf('vm').url).port)
  const { status, body } = await exchange({ port }, get(styleOf('vm').path, 'Host: 169.254.169.254'))
  expect(status).toBe(400)
  expect(body).toContain('Required metadata header not specified')
  expect(body).not.toMatch(/Identity not found|unreachable/i)
  expect(source.asked).toEqual([])
})

test.each(WITH_SECRET)(
  'in the style %s the secret must be right, in the style\u2019s own header',
  async (style) => {
    const { ask } = await startStyles()
    const header = styleOf(style).secretHeader?.toLowerCase() ?? ''
    const other = header === 'secret' ? 'x-identity-header' : 'secret'
    for (const headers of [
      { [header]: undefined },
      { [header]: '' },
      { [header]: 'wrong' },
      { [header]: `${SECRET}, ${SECRET}` },
      { [header]: undefined, [other]: SECRET },
    ]) {
      expectError(await ask(style, { headers }), 'identity_header_rejected')
    }
  },
)

test.each(VERSIONED)('in the style %s the version must be one of its own', async (style) => {
  const { ask } = await startStyles()
  const withVersion = (version: string) => parametersOf(style).replace(/api-version=[^&]*/, version)
  expectError(await ask(style, { parameters: withVersion('') }), 'api_version_missing')
  expectError(
    await ask(style, { parameters: withVersion('api-version=2016-01-01') }),
    'api_version_unsupported',
  )
  const future = await ask(style, { parameters: withVersion('api-version=2031-01-01') })
  if (style === 'vm') expect(future.status).toBe(200)
  else expectError(future, 'api_version_unsupported')
})

for (const style of SELECTING) {
  const names = styleOf(style).selectors
  const chosen = (name: string, { clientId, principalId, resourceId } = ASSIGNED) => {
    if (/res/.test(name)) return resourceId
    return name.startsWith('client') ? clientId : principalId
  }

  test.each(names)(
    `in the style ${style} %s selects the identity, in any case, and is echoed as asked`,
    async (name) => {
      const running = await startStyles()
      for (const value of [chosen(name), chosen(name).toUpperCase()]) {
        const { status, body } = await running.ask(style, {
          more: `&${name.toUpperCase()}=${encodeURIComponent(value)}`,
        })
        expect([status, body[name]]).toEqual([200, value])
        expect(clientIdOf(running)).toBe(ASSIGNED.clientId)
        for (const other of names) if (other !== name) expect(body).not.toHaveProperty(other)
      }
    },
  )

  test.each(names)(
    `in the style ${style} the machine\u2019s own identity may be selected by %s`,
    async (name) => {
      const running = await startStyles()
      const value = chosen(name, IDENTITY)
      const { status, body } = await running.ask(style, { more: `&${name}=${encodeURIComponent(value)}` })
      expect([status, body[name], clientIdOf(running)]).toEqual([200, value, 'the machine'])
    },
  )

  test.each([
    ['unknown', '00000000-0000-0000-0000-000000000000', 'identity_not_found'],
    ['another machine\u2019s', IDENTITY.clientId.replace(/.$/, 'f'), 'identity_not_found'],
    ['no GUID', 'not-a-guid', 'identity_not_found'],
    ['a GUID in braces', `%7B${ASSIGNED.clientId}%7D`, 'identity_not_found'],
    ['a name of a prototype', '__proto__', 'identity_not_found'],
    ['a control character', 'a%00', 'parameter_malformed'],
    ['too long', 'a'.repeat(1025), 'parameter_malformed'],
  ] as const)(`in the style ${style} a selector that is %s gets no token`, async (_, value, code) => {
    const { ask, source } = await startStyles()
    for (const name of names) expectError(await ask(style, { more: `&${name}=${value}` }), code)
    expect(source.asked).toEqual([])
  })

  test.each(names)(
    `in the style ${style} an empty %s selects the machine\u2019s own identity, and is not echoed`,
    async (name) => {
      const running = await startStyles()
      const { status, body } = await running.ask(style, { more: `&${name}=` })
      expect([status, clientIdOf(running)]).toEqual([200, 'the machine'])
      expect(body).not.toHaveProperty(name)
    },
  )

  test(`in the style ${style} two selectors are refused, even of one identity`, async () => {
    const { ask, source } = await startStyles()
    const [first = '', second = ''] = names
    const more = `&${first}=${chosen(first)}&${second}=${encodeURIComponent(chosen(second))}`
    expectError(await ask(style, { more }), 'selector_repeated')
    expectError(await ask(style, { more: `&${first}=a&${first}=a` }), 'parameter_repeated')
    expect(source.asked).toEqual([])
  })
}

test.each(['app-service', 'app-service-2017'] as const)(
  'an endpoint of the style %s serves every version of App Service, each by its own header and in its own form',
  async (style) => {
    const { ask } = await startStyles()
    for (const version of ['2025-03-30', '2019-08-01', '2017-09-01']) {
      const [own, other] =
        version === '2017-09-01' ? ['secret', 'x-identity-header'] : ['x-identity-header', 'secret']
      const parameters = `resource=${VAULT}&api-version=${version}`
      const { status, body } = await ask(style, {
        parameters,
        headers: { [other]: undefined, [own]: SECRET },
      })
      expect([version, status]).toEqual([version, 200])
      expect(body.expires_on).toMatch(version === '2017-09-01' ? / \+00:00$/ : /^\d{10}$/)
      for (const wrong of [
        { [own]: undefined, [other]: SECRET },
        { [own]: 'wrong', [other]: SECRET },
      ]) {
        expectError(await ask(style, { parameters, headers: wrong }), 'identity_header_rejected')
      }
    }
  },
)

test('in the style service-fabric what is no request is refused in the form of that style too', async () => {
  const { locationOf } = await startStyles()
  const { url, certificate } = locationOf('service-fabric')
  for (const [text, status] of [
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 404],
    ['NONSENSE / HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['GET / HTTP/9.9\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nExpect: nothing\r\n\r\n', 400],
  ] as const) {
    const answer = await sayOverTls({ port: Number(new URL(url).port), ca: certificate ?? '' }, text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toContain(`HTTP/1.1 ${status} `)
    readError(status, JSON.parse(body))
    expect(JSON.parse(body).error).toBeInstanceOf(Object)
  }
})

/** What comes back for `text` until the other end has nothing more to say. */
async function sayOverTls({ port, ca }: { port: number; ca: string }, sent: string): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost' })
  socket.end(sent)
  return await text(socket)
}

test.each<[StyleName, string]>([
  ['cloud-shell', 'client_id'],
  ['cloud-shell', 'msi_res_id'],
  ['azure-ml', 'object_id'],
  ['app-service-2017', 'mi_res_id'],
  ['service-fabric', 'msi_res_id'],
])('in the style %s the selector %s, which it does not have, is not passed over', async (style, name) => {
  const { ask, source } = await startStyles()
  expectError(await ask(style, { more: `&${name}=${ASSIGNED.clientId}` }), 'selector_unsupported')
  expect(source.asked).toEqual([])
})

test.each(STYLE_NAMES)(
  'in the style %s the cache is bypassed on request, and no claim is in the way',
  async (style) => {
    const { ask, source } = await startStyles()
    const { body } = await ask(style, { more: '&xms_cc=cp1,cp2' })
    expect((await ask(style)).body.access_token).toBe(body.access_token)
    expect((await ask(style, { more: '&bypass_cache=true' })).body.access_token).not.toBe(body.access_token)
    const hash = createHash('sha256').update(`token-2-for-${VAULT}`).digest('hex')
    const anew = await ask(style, { more: `&token_sha256_to_refresh=${hash}` })
    expect(anew.body.access_token).toBe(`token-3-for-${VAULT}`)
    await ask(style, { more: `&token_sha256_to_refresh=${hash}` })
    expect(source.asked).toHaveLength(3)
  },
)

test.each(['vm', 'cloud-shell'] as const)(
  'in the style %s a user who may not ask gets no token, and the audit says who it was',
  async (style) => {
    const { ask, source, audited } = await startStyles({
      findCaller: async () => ({
        userId: 4_000_000_000,
        user: undefined,
        program: undefined,
        findGroups: async () => [],
      }),
    })
    expectError(await ask(style), 'caller_denied')
    expect(source.asked).toEqual([])
    await expect
      .poll(audited)
      .toEqual([expect.objectContaining({ style, userId: 4_000_000_000, reason: 'caller_denied' })])
  },
)

test.each(['vm', 'cloud-shell'] as const)(
  'in the style %s a header that claims to be someone changes nothing',
  async (style) => {
    const { ask } = await startStyles({
      findCaller: async () => ({
        userId: 4_000_000_000,
        user: undefined,
        program: undefined,
        findGroups: async () => [],
      }),
    })
    for (const name of ['x-remote-user', 'x-user', 'authorization', 'client-id', 'remote-user', 'from']) {
      expectError(await ask(style, { headers: { [name]: 'root' } }), 'caller_denied')
    }
  },
)

test('with a rate limit the VM style answers so many, then 429 with whole seconds; other styles are not limited', async () => {
  const folder = await startStyles({
    endpoints: [{ style: 'vm', rate: { perSecond: 3, atOnce: 2 } }, { style: 'cloud-shell' }],
  })
  for (let request = 0; request < 3; request += 1) expect((await folder.ask('vm')).status).toBe(200)
  const refused = await folder.ask('vm')
  expectError(refused, 'endpoint_throttled')
  expect(refused.headers['retry-after']).toBe('1')
  expect((await folder.ask('cloud-shell')).status).toBe(200)
  folder.clock.pass(1)
  expect((await folder.ask('vm')).status).toBe(200)
})

test('requests that wait count as under way, and no longer when they are answered or given up', async () => {
  const { ask, source, clock } = await startStyles({
    endpoints: [{ style: 'vm', rate: { perSecond: 100, atOnce: 2 } }],
  })
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  const waiting = [ask('vm'), ask('vm', { parameters: parametersOf('vm', 'b') })]
  await expect.poll(() => source.asked.length).toBe(2)
  expectError(await ask('vm'), 'endpoint_throttled')
  source.failure = 'unavailable'
  gate.resolve()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503])
  source.failure = undefined
  clock.pass(2)
  expect((await ask('vm')).status).toBe(200)
})

test('a form that is too large, cut short or not escaped gets no token, and the next request does', async () => {
  const { ask, locationOf, source, logged } = await startStyles()
  const port = Number(new URL(locationOf('cloud-shell').url).port)
  expectError(await ask('cloud-shell', { more: `&x=${'a'.repeat(40_000)}` }), 'body_too_large')
  expectError(await ask('cloud-shell', { more: '&x=\u00e4' }), 'query_malformed')
  const cut = new RawConnection({ port })
  cut.send(
    'POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nMetadata: true\r\nContent-Length: 100\r\n\r\nresource=a',
  )
  cut.socket.resetAndDestroy()
  await cut.end()
  expect(source.asked).toEqual([])
  expect((await ask('cloud-shell')).status).toBe(200)
  expect(logged.filter((line) => line.includes('"level":50'))).toEqual([])
})

test('a form counts, and the query of its target does not', async () => {
  const { ask } = await startStyles()
  const { body } = await ask('cloud-shell', {
    path: '/oauth2/token?resource=b&client_id=c',
    parameters: 'resource=a',
  })
  expect(body).toMatchObject({ resource: 'a' })
})

test('two forms on one connection are answered one after the other', async () => {
  const { locationOf } = await startStyles()
  const connection = new RawConnection({ port: Number(new URL(locationOf('cloud-shell').url).port) })
  const head =
    'POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nMetadata: true\r\nContent-Length: 10\r\n\r\n'
  connection.send(`${head}resource=a${head}resource=b`)
  for (const resource of ['a', 'b'])
    expect(await connection.read()).toMatchObject({
      status: 200,
      body: expect.stringContaining(`"resource":"${resource}"`),
    })
})

test('Service Fabric\u2019s endpoint does not answer without TLS, and shows the certificate of its thumbprint', async () => {
  const { locationOf, ask } = await startStyles()
  const { url, certificate = '', thumbprint } = locationOf('service-fabric')
  const plain = new RawConnection({ port: Number(new URL(url).port) })
  plain.send(
    get(
      `${styleOf('service-fabric').path}?${parametersOf('service-fabric')}`,
      'Host: localhost',
      `secret: ${SECRET}`,
    ),
  )
  expect(await plain.read()).toBeUndefined()
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  expect(createHash('sha1').update(der).digest('hex').toUpperCase()).toBe(thumbprint)
  expect((await ask('service-fabric')).status).toBe(200)
})

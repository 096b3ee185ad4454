import type { IncomingMessage } from 'node:http'
import { parseTarget, STYLE_NAMES, STYLES } from '@landfast/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLocalHost } from '../listening/local-host.ts'
import { findDocument } from '../metadata/document-paths.ts'
import { createGate } from './gate.ts'

const SECRET = 'the-secret'
const GOOD = {
  arc: { host: '127.0.0.1:40342', metadata: 'true' },
  'app-service': { host: 'localhost', 'x-identity-header': SECRET },
  vm: { host: '169.254.169.254', metadata: 'true' },
  'app-service-2017': { host: 'localhost', secret: SECRET },
  'azure-ml': { host: 'localhost', secret: SECRET, metadata: 'true' },
  'cloud-shell': { host: 'localhost:50342', metadata: 'true' },
  'service-fabric': { host: '127.0.0.1:2377', secret: SECRET },
} as const

type Headers = Record<string, string | undefined>

/** The code by which the gate of `style` refuses, or "passes". */
function ask(
  style: keyof typeof GOOD,
  headers: Headers,
  { method = STYLES[style].methods[0] as string, path = STYLES[style].path as string } = {},
) {
  const gate = createGate({ style: STYLES[style], secret: SECRET })
  try {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
    gate({ method, headers: given } as unknown as IncomingMessage, parseTarget(path))
    return 'passes'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each(STYLE_NAMES)('what the style %s asks for passes', (style) => {
  expect(ask(style, GOOD[style])).toBe('passes')
  expect(ask(style, GOOD[style], { path: `/${STYLES[style].path}/?x=1` })).toBe('passes')
})

test.each(STYLE_NAMES)(
  '%s: an unknown path is said first, then the method, the host, a proxy, the proof',
  (style) => {
    const bad: Headers = { host: 'evil.example', via: '1.1 proxy' }
    const other = 'PUT'
    expect(ask(style, bad, { method: other, path: '/metadata/identity/getplatformmetadata' })).toBe(
      'path_unknown',
    )
    expect(ask(style, bad, { method: other })).toBe('method_not_allowed')
    expect(ask(style, bad)).toBe('host_not_allowed')
    expect(ask(style, { ...bad, host: 'localhost' })).toBe('request_proxied')
    expect(ask(style, { host: 'localhost' })).toBe(
      STYLES[style].metadataHeader ? 'metadata_header_missing' : 'identity_header_rejected',
    )
  },
)

test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'get'])('%s is not the method', (method) => {
  expect(ask('arc', GOOD.arc, { method })).toBe('method_not_allowed')
})

test.each([
  '/',
  '',
  '/metadata',
  '/metadata/identity/oauth2/tokens',
  '/METADATA/identity/oauth2/token',
  '/msi/token',
  '*',
  '/%6Detadata/identity/oauth2/token',
  '/metadata/identity/oauth2/token/..',
  '/metadata/instance',
])('the path %j is unknown to the Arc style', (path) => {
  expect(ask('arc', GOOD.arc, { path })).toBe('path_unknown')
})

test.each(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'forwarded', 'via'])(
  'the header %s shows a proxy, even empty',
  (name) => {
    expect(ask('arc', { ...GOOD.arc, [name]: '' })).toBe('request_proxied')
  },
)

test.each([['true'], ['True'], ['TRUE']])('Metadata: %s is taken', (metadata) => {
  expect(ask('arc', { ...GOOD.arc, metadata })).toBe('passes')
})

test.each([undefined, '', 'false', 'true, true', 'true,true', '1', 'yes', ' true', 'truе'])(
  'Metadata: %j is not',
  (metadata) => {
    expect(ask('arc', { ...GOOD.arc, metadata })).toBe('metadata_header_missing')
  },
)

test.each([
  undefined,
  '',
  'wrong',
  `${SECRET}x`,
  SECRET.slice(1),
  `${SECRET}, ${SECRET}`,
  SECRET.toUpperCase(),
])('the identity header %j is rejected', (secret) => {
  expect(ask('app-service', { host: 'localhost', 'x-identity-header': secret })).toBe(
    'identity_header_rejected',
  )
})

test.each(['app-service', 'app-service-2017', 'azure-ml', 'service-fabric'] as const)(
  '%s: the secret in the header of another style is no secret, and the answer names variable and header',
  (style) => {
    const [right, wrong] =
      style === 'app-service' ? ['x-identity-header', 'secret'] : ['secret', 'x-identity-header']
    expect(ask(style, { host: 'localhost', [wrong]: SECRET })).toBe('identity_header_rejected')
    const gate = createGate({ style: STYLES[style], secret: SECRET })
    const request = { method: 'GET', headers: { host: 'localhost' } } as unknown as IncomingMessage
    expect(() => gate(request, parseTarget(STYLES[style].path))).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(`variable [A-Z_]+ .*"${right}"`, 'i')),
      }),
    )
  },
)

test('a gate without a secret lets nobody in by an empty header', () => {
  expect(() => createGate({ style: STYLES['app-service'] })).toThrow(TypeError)
  expect(() => createGate({ style: STYLES['app-service'], secret: '' })).toThrow(TypeError)
})

test.each([
  'localhost',
  'LOCALHOST:40342',
  '127.0.0.1',
  '127.0.0.1:40342',
  '127.1.2.3',
  '[::1]',
  '[::1]:40342',
  '169.254.169.254',
  '169.254.169.254:80',
])('%s is this host', (host) => {
  expect(isLocalHost(host)).toBe(true)
})

test.each([
  undefined,
  '',
  'localhost.evil.example',
  'evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1:40342, 127.0.0.1:40342',
  'localhost, localhost',
  '10.0.0.1',
  '::1',
  '[::2]',
  'localhost:',
  '127.0.0.1:999999',
  ' localhost',
  'localhost\n',
  'user@localhost',
  '169.254.169.253',
  '0.0.0.0',
])('%j is not', (host) => {
  expect(isLocalHost(host)).toBe(false)
})

test('whatever the host header, no name but "localhost" is this host', () => {
  fc.assert(
    fc.property(fc.domain(), (host) => {
      expect(isLocalHost(host)).toBe(host.toLowerCase() === 'localhost')
    }),
  )
})

/** The code by which the gate of Arc with its documents refuses, or "passes". */
function askDocument(path: string, headers: Headers, method = 'GET'): string {
  const gate = createGate({ style: STYLES.arc })
  try {
    gate({ method, headers } as unknown as IncomingMessage, parseTarget(path), findDocument('arc', path))
    return 'passes'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('documents pass the same gate as tokens, in the same order', () => {
  const path = '/metadata/instance/compute'
  expect(askDocument('/metadata/versions', {}, 'POST')).toBe('path_unknown')
  expect(askDocument(path, {}, 'POST')).toBe('method_not_allowed')
  expect(askDocument(path, { host: 'evil.example' })).toBe('host_not_allowed')
  expect(askDocument(path, { host: 'localhost', via: 'x' })).toBe('request_proxied')
  expect(askDocument(path, { host: 'localhost' })).toBe('metadata_header_missing')
  expect(askDocument(path, GOOD.arc)).toBe('passes')
})

test('an open document asks for no Metadata header, but for everything else', () => {
  expect(askDocument('/agentstatus', { host: 'localhost' })).toBe('passes')
  expect(askDocument('/agentstatus', { host: 'localhost' }, 'POST')).toBe('method_not_allowed')
  expect(askDocument('/agentstatus', { host: 'evil.example' })).toBe('host_not_allowed')
  expect(askDocument('/agentstatus', { host: 'localhost', 'x-forwarded-for': '' })).toBe('request_proxied')
})

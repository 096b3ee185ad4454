import type { HttpsAnswer } from '@landfast/agent/upstream'
import { expect, test } from 'vitest'
import { exportDiscovery, issuerIn } from './exported-discovery.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const KEY = { kid: 'k1', kty: 'RSA', use: 'sig', n: 'AQ', e: 'AQAB' }

const answer = (body: Record<string, unknown> | undefined, status = 200): HttpsAnswer => ({
  status,
  headers: {},
  body,
  text: '',
})

const exported = (configuration: object = {}, keys: object = { keys: [KEY] }) =>
  exportDiscovery(
    {
      configuration: answer({ issuer: 'https://id.example.com/t/', ...configuration }),
      keys: answer({ ...keys }),
    },
    NOW,
  )

test('what is stated of hosts is left out, and the keys are where the issuer is', () => {
  const { configuration, staleFrom, warnings } = exported({
    token_endpoint: 'https://internal:8443/t/oauth2/token',
    jwks_uri: 'https://internal:8443/t/discovery/keys',
    claims_supported: ['sub'],
  })
  expect(JSON.parse(configuration)).toEqual({
    issuer: 'https://id.example.com/t/',
    jwks_uri: 'https://id.example.com/t/keys',
    claims_supported: ['sub'],
  })
  expect([staleFrom.toISOString(), warnings]).toEqual(['2026-03-02T12:00:00.000Z', []])
})

test('a key with its private half is never written', () => {
  const { keys, kids } = exported({}, { keys: [{ ...KEY, kid: 'k2', d: 'AQ' }, KEY, 'x', null] })
  expect([JSON.parse(keys), kids]).toEqual([{ keys: [KEY] }, ['k1']])
})

test.each(['http://id.example.com/', 'https://id.example.com/?t=1', 'https://u@id.example.com/', 'id'])(
  'the issuer %s cannot be published',
  (issuer) => {
    expect(() => exported({ issuer })).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
  },
)

test.each([
  ['no issuer', () => exported({ issuer: undefined })],
  ['no keys', () => exported({}, { keys: [] })],
  ['keys that are no list', () => exported({}, { keys: 'k1' })],
  ['a page', () => exportDiscovery({ configuration: answer(undefined), keys: answer({}) }, NOW)],
  ['a refusal', () => exportDiscovery({ configuration: answer({}, 404), keys: answer({}) }, NOW)],
])('%s is nothing to export', (_what, work) => {
  expect(work).toThrow(expect.objectContaining({ code: 'discovery_unreachable' }))
})

test('a file that is no document is of no issuer', () => {
  expect(['', '[]', 'null', '{"issuer":7}', '{"issuer":"a"}'].map(issuerIn)).toEqual([
    ...Array(4).fill(undefined),
    'a',
  ])
})

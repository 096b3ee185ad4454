/** What no HTTP client would send, over a socket, to the endpoint of every style. */

import { STYLE_NAMES, type StyleName, styleOf, WireError, type WireErrorCode } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { exchange, get, type RawAnswer } from './raw-http.ts'
import { SECRET } from './running-agent.ts'
import { parametersOf, startStyles } from './style-endpoints.ts'

/** The target of a request that is answered, as a GET, and its header lines. */
function goodRequest(name: StyleName): { target: string; lines: string[] } {
  const { path, metadataHeader, secretHeader } = styleOf(name)
  const secret = secretHeader ? [`${secretHeader}: ${SECRET}`] : []
  const lines = ['Host: 127.0.0.1', ...(metadataHeader ? ['Metadata: true'] : []), ...secret]
  return { target: `${path}?${parametersOf(name)}`, lines }
}

type Row = [what: string, request: (target: string, lines: readonly string[]) => string, code: WireErrorCode]

const MANY = 17_000

const ROWS: readonly Row[] = [
  ['an absolute target', (target, lines) => get(`http://127.0.0.1${target}`, ...lines), 'path_unknown'],
  ['CONNECT', () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n', 'path_unknown'],
  ['OPTIONS *', () => 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 'path_unknown'],
  [
    'a method that nobody knows',
    (target) => `NONSENSE ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    'method_not_allowed',
  ],
  ['no Host', (target, [, ...lines]) => get(target, ...lines), 'host_not_allowed'],
  ['an empty Host', (target, [, ...lines]) => get(target, 'Host:', ...lines), 'host_not_allowed'],
  ['a doubled Host', (target, lines) => get(target, 'Host: 127.0.0.1', ...lines), 'host_not_allowed'],
  [
    'HTTP/1.0 without Host',
    (target, [, ...lines]) => get(target, ...lines).replace('HTTP/1.1', 'HTTP/1.0'),
    'host_not_allowed',
  ],
  ['an expectation', (target, lines) => get(target, ...lines, 'Expect: a-miracle'), 'http_malformed'],
  [
    'headers over the limit',
    (target, lines) => get(target, ...lines, `X: ${'a'.repeat(MANY)}`),
    'headers_too_large',
  ],
  [
    'a target over the limit',
    (target, lines) => get(`${target}&x=${'a'.repeat(MANY)}`, ...lines),
    'headers_too_large',
  ],
  [
    'headers without end',
    (target, lines) => `${get(target, ...lines).slice(0, -2)}${'X: y\r\n'.repeat(5000)}`,
    'headers_too_large',
  ],
  ['garbage', () => '\x00\x01\x02\x03\r\n\r\n', 'http_malformed'],
  ['a header without a name', (target, lines) => get(target, ...lines, ': x'), 'http_malformed'],
  ['a header that goes on', (target, lines) => get(target, ...lines, ' folded'), 'http_malformed'],
  [
    'two lengths',
    (target, lines) => get(target, ...lines, 'Content-Length: 1', 'Content-Length: 2'),
    'http_malformed',
  ],
  [
    'a length and chunks',
    (target, lines) => get(target, ...lines, 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    'http_malformed',
  ],
  [
    'another version of HTTP',
    (target, lines) => get(target, ...lines).replace('HTTP/1.1', 'HTTP/3.0'),
    'http_malformed',
  ],
  ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http_malformed'],
]

/** The sentence of an error, which the parser's own have in OAuth's form in every style. */
function sentenceOf(answer: RawAnswer | undefined): string {
  const { error, error_description: flat } = JSON.parse(answer?.body ?? '{}')
  return flat ?? error?.message
}

for (const name of STYLE_NAMES) {
  test.each(ROWS)(
    `in the style ${name} %s is refused, and the next is answered`,
    async (_, request, code) => {
      const { locationOf, ask, source } = await startStyles()
      const { port, protocol } = new URL(locationOf(name).url)
      const { target, lines } = goodRequest(name)
      const place = { port: Number(port), isSecure: protocol === 'https:' }
      const answer = await exchange(place, request(target, lines))
      const expected = new WireError(code)
      expect([answer?.status, sentenceOf(answer).startsWith(expected.message)]).toEqual([
        expected.status,
        true,
      ])
      expect(source.asked).toEqual([])
      expect((await ask(name)).status).toBe(200)
    },
  )
}

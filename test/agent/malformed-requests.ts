/**
 * Requests that no HTTP client would send, whatever the style of the endpoint.
 *
 * @module
 */

import type { WireErrorCode } from '@landfast/protocol'
import { get } from './raw-http.ts'

/** What it is called, how it is made of the target and the header lines of a good request, and what it is refused with. */
type Row = [what: string, request: (target: string, lines: readonly string[]) => string, code: WireErrorCode]

/** More than the headers of a request may have. */
const MANY = 17_000

/** Every one. */
export const MALFORMED: readonly Row[] = [
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

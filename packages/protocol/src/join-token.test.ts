import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJoinToken, isJoinTokenSecret, type JoinToken, parseJoinToken } from './join-token.ts'

const SECRET = 'x'.repeat(43)
const FINGERPRINT = 'f'.repeat(43)

const base64url = (length: number) => fc.stringMatching(new RegExp(`^[\\w-]{${length}}$`))
const port = fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`)
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.constant('[::1]'), fc.constant('localhost'))
const url = fc
  .tuple(host, fc.option(port, { nil: '' }))
  .map(([name, suffix]) => `https://${name.toLowerCase()}${suffix}`)
const token: fc.Arbitrary<JoinToken> = fc.record(
  { url, secret: base64url(43), caFingerprint: base64url(43) },
  { requiredKeys: ['url', 'secret'] },
)

function textOf(value: unknown): string {
  return `lfjt1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
}

test('every join token is read back, with white space around it or not', () => {
  fc.assert(
    fc.property(token, fc.constantFrom('', ' ', '\n', '\r\n'), (value, space) => {
      expect(parseJoinToken(space + formatJoinToken(value) + space)).toEqual(value)
    }),
  )
})

test('the text is one word of printable ASCII, so that it survives any shell', () => {
  fc.assert(fc.property(token, (value) => /^lfjt1\.[\w-]+$/.test(formatJoinToken(value))))
})

test('the wire is a prefix and JSON in base64url', () => {
  expect(
    formatJoinToken({ url: 'https://cp.example:8443', caFingerprint: FINGERPRINT, secret: SECRET }),
  ).toBe(textOf({ u: 'https://cp.example:8443', f: FINGERPRINT, s: SECRET }))
  expect(formatJoinToken({ url: 'https://cp.example', secret: SECRET })).toBe(
    textOf({ u: 'https://cp.example', s: SECRET }),
  )
})

test('whatever the text, nothing or a whole join token is read', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue().map(textOf))
  fc.assert(
    fc.property(text, (value) => {
      const read = parseJoinToken(value)
      return read === undefined || formatJoinToken(read) !== ''
    }),
  )
})

test.each([
  'http://cp.example',
  'https://cp.example/',
  'https://cp.example/x',
  'https://user@cp.example',
  'https://cp.example?x',
  'https://cp.example:0',
  'https://',
  'https://a b',
  'https://CP.example',
  '',
  7,
])('%j is no address of a control plane', (u) => {
  expect(parseJoinToken(textOf({ u, s: SECRET }))).toBeUndefined()
})

test.each([
  ['a short secret', { u: 'https://h', s: 'x'.repeat(42) }],
  ['a long secret', { u: 'https://h', s: 'x'.repeat(129) }],
  ['no secret', { u: 'https://h' }],
  ['a short fingerprint', { u: 'https://h', f: 'x', s: SECRET }],
  ['a fingerprint that is null', { u: 'https://h', f: null, s: SECRET }],
  ['a list', []],
  ['null', null],
])('%s makes no join token', (_what, value) => {
  expect(parseJoinToken(textOf(value))).toBeUndefined()
})

test('text of another version, cut off or too long is no join token', () => {
  const text = formatJoinToken({ url: 'https://h', secret: SECRET })
  expect(parseJoinToken(text.replace('lfjt1', 'lfjt2'))).toBeUndefined()
  expect(parseJoinToken(text.slice(0, -1))).toBeUndefined()
  expect(parseJoinToken(`lfjt1.${'A'.repeat(1019)}`)).toBeUndefined()
})

test('a malformed part is not written, and the message does not repeat it', () => {
  const secret = 'a secret with spaces'
  expect(() => formatJoinToken({ url: 'https://h', secret })).toThrow(TypeError)
  expect(() => formatJoinToken({ url: 'https://h', secret })).not.toThrow(secret)
  expect([isJoinTokenSecret(secret), isJoinTokenSecret(SECRET)]).toEqual([false, true])
})

test('a text that is longer than any join token is none, whatever it says', () => {
  const long = (characters: number) => {
    const json = JSON.stringify({ u: 'https://h', s: SECRET, x: '' })
    const left = Math.floor((characters - 'lfjt1.'.length) * 0.75) - json.length
    return textOf({ u: 'https://h', s: SECRET, x: 'y'.repeat(left) })
  }
  const texts = Array.from({ length: 12 }, (_, index) => long(1015 + index))
  for (const text of texts) {
    expect(parseJoinToken(text) !== undefined, `${text.length}`).toBe(text.length <= 1024)
  }
  expect(new Set(texts.map(({ length }) => length <= 1024)).size).toBe(2)
})

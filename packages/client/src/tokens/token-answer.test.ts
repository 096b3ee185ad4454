import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientError } from '../errors.ts'
import { quoteServer } from '../http/server-text.ts'
import { readFields, readRefusal, readToken } from './token-answer.ts'

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)
const GOOD = { access_token: 'a.b-c', expires_in: '3600' }

function read(body: unknown): unknown {
  return readToken(readFields(typeof body === 'string' ? body : JSON.stringify(body)), NOW, 'here')
}

test('a token needs no more than itself and its end', () => {
  expect(read(GOOD)).toEqual({ accessToken: 'a.b-c', expiresAt: NOW + 3600_000 })
})

test.each(['Bearer', 'bearer', undefined])('the type may be %j', (type) => {
  expect(read({ ...GOOD, token_type: type })).toMatchObject({ accessToken: 'a.b-c' })
})

test.each([
  ['no JSON', '<html>'],
  ['nothing', ''],
  ['an array', '[]'],
  ['null', 'null'],
  ['no token', { expires_in: 1 }],
  ['an empty token', { ...GOOD, access_token: '' }],
  ['a number as token', { ...GOOD, access_token: 1 }],
  ['a token with a line break', { ...GOOD, access_token: 'a\r\nX: y' }],
  ['a token with a space', { ...GOOD, access_token: 'a b' }],
  ['another type', { ...GOOD, token_type: 'pop' }],
  ['no end', { access_token: 'a' }],
  ['empty strings as end', { access_token: 'a', expires_in: '', expires_on: '' }],
])('an answer with %s carries no token', (_, body) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({ code: 'answer_malformed', name: 'AuthenticationError' }),
  )
})

test('a token that has ended is refused, and the clocks are named', () => {
  expect(() => read({ access_token: 'a', expires_on: NOW / 1000 - 1 })).toThrow(
    expect.objectContaining({ code: 'token_ended', message: expect.stringContaining('clocks') }),
  )
})

test('no error repeats the token', () => {
  for (const rest of [{}, { token_type: 'pop' }, { expires_on: 'soon' }, { expires_on: 1 }]) {
    expect(() => read({ access_token: 'marked-token', ...rest })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('marked-token') }),
    )
  }
})

test.each([
  ['OAuth', { error: 'a', error_description: 'b' }, { error: 'a', description: 'b' }],
  ['Service Fabric', { error: { code: 'a', message: 'b' } }, { error: 'a', description: 'b' }],
  ['App Service', { statusCode: 400, message: 'b' }, { error: '', description: 'b' }],
  ['nothing', {}, { error: '', description: '' }],
  ['other types', { error: 1, error_description: [] }, { error: '', description: '' }],
])('a refusal is read in the form of %s', (_, fields, expected) => {
  expect(readRefusal(fields)).toEqual(expected)
})

test('whatever the body is, there is a token or an error of the table', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.object().map((value) => JSON.stringify(value)),
      ),
      (body) => {
        try {
          read(body)
          return true
        } catch (error) {
          return error instanceof ClientError
        }
      },
    ),
  )
})

test('what a server says stands on one line, cut, and without what was sent to it', () => {
  expect(quoteServer('a\r\nb\u2028c\u001b[31md', [])).toBe('a b c [31md')
  expect(quoteServer('x'.repeat(10_000), [])).toHaveLength(601)
  expect(quoteServer('you sent marked-secret, marked-secret', ['marked-secret', undefined, ''])).toBe(
    'you sent ***, ***',
  )
})

test('whatever a server says, no control character gets into a message', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => !/[\p{Cc}\u2028\u2029]/u.test(quoteServer(text, [])),
    ),
  )
})

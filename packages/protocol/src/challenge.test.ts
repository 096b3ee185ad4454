import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatChallenge,
  formatKeyAuthorization,
  parseChallenge,
  parseKeyAuthorization,
} from './challenge.ts'
import { ARC_KEY_FOLDER, KEY_FILE_MAX_BYTES } from './limits.ts'

const KEY_FILE = `${ARC_KEY_FOLDER}/0b8f1c1e-6a0e-4f0a-9d0c-000000000001.key`
const LINE_BREAK_OR_CONTROL = /\p{Cc}/u

/** Text in which the characters that matter here are frequent. */
const headerText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        'Basic',
        'basic',
        ' ',
        '\t',
        'realm=',
        '"',
        '=',
        ',',
        '/',
        'a',
        '.key',
        '\r',
        '\n',
        '\0',
        'é',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

const printable = (except: string) =>
  fc
    .integer({ min: 0x21, max: 0x7e })
    .map(String.fromCharCode)
    .filter((character) => !except.includes(character))

const keyFile = fc
  .string({ unit: printable('=,"\\'), minLength: 1, maxLength: 80 })
  .map((name) => `/${name}.key`)
const key = fc.string({ unit: printable(''), minLength: 1, maxLength: 200 })

test('a challenge is the bare path after the only "="', () => {
  expect(formatChallenge(KEY_FILE)).toBe(`Basic realm=${KEY_FILE}`)
})

test.each([
  '',
  'relative.key',
  '/tokens/x.KEY',
  '/tokens/x.key.txt',
  '/tokens/x.key\n',
  '/tokens/\r\nx.key',
  '/tokens/a b.key',
  '/tokens/a=b.key',
  '/tokens/a,b.key',
  '/tokens/a"b.key',
  '/tokens/a\\b.key',
  '/tokens/é.key',
])('no challenge is made for %j', (path) => {
  expect(() => formatChallenge(path)).toThrow(TypeError)
})

test.each([
  ['as our agent sends it', `Basic realm=${KEY_FILE}`],
  ['in quotes', `Basic realm="${KEY_FILE}"`],
  ['in another case', `bASIC REALM=${KEY_FILE}`],
  ['with spaces and tabs around', ` \tBasic  realm=${KEY_FILE}\t `],
])('a key file is read out of a challenge %s', (_, value) => {
  expect(parseChallenge(value)).toBe(KEY_FILE)
})

test('a quoted path may hold spaces', () => {
  expect(parseChallenge('Basic realm="/a b/x.key"')).toBe('/a b/x.key')
})

test.each([
  'C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\0b8f.key',
  'd:\\Program Data\\Tokens\\0b8f.key',
])('a key file on a drive of Windows is read: %s', (path) => {
  expect(parseChallenge(`Basic realm=${path}`)).toBe(path)
  expect(parseChallenge(`Basic realm=${path} `)).toBe(path)
})

test.each([
  '',
  'Basic',
  'Basic realm',
  'Basic realm=',
  'Basic realm=""',
  'Basic realm="/x.key',
  'Basic realm=/x.key"',
  'Basicrealm=/x.key',
  'Bearer realm=/x.key',
  'Digest realm=/x.key',
  'Basic realm=/x=y.key',
  'Basic realm=/x.key, charset="UTF-8"',
  'Basic realm="/x.key", charset="UTF-8"',
  'Basic realm=/a b.key',
  'Basic realm=/x.key\r\n',
  'Basic realm=/x\\y.key',
  'Basic realm=\\\\host\\x.key',
  'Basic realm=C:\\x.key, charset="UTF-8"',
  'Basic realm=C:\\x=y.key',
  'Basic realm=C:\\x.key\n',
  'Basic realm=/x.key\nSet-Cookie: a',
  'Basic realm=/x\0.key',
  'Basic\r\nrealm=/x.key',
  '\u00a0Basic realm=/x.key',
  '\ufeffBasic realm=/x.key',
  'Basic realm=/é.key',
])('%j is no challenge of ours', (value) => {
  expect(parseChallenge(value)).toBeUndefined()
})

test('every challenge that can be made is read back', () => {
  fc.assert(fc.property(keyFile, (path) => parseChallenge(formatChallenge(path)) === path))
})

test('whatever a server sends, a challenge never yields a line break, a control character or a blank path', () => {
  fc.assert(
    fc.property(headerText, (value) => {
      const path = parseChallenge(value)
      return path === undefined || (path !== '' && !LINE_BREAK_OR_CONTROL.test(path))
    }),
  )
})

test.each([
  ['as every client sends it', 'Basic abc.DEF_-', 'abc.DEF_-'],
  ['in another case', 'bAsIc abc', 'abc'],
  ['with spaces and tabs around', '\t Basic \tabc \t', 'abc'],
  ['of base64', 'Basic YTpi+/==', 'YTpi+/=='],
  ['of the greatest size', `Basic ${'k'.repeat(KEY_FILE_MAX_BYTES)}`, 'k'.repeat(KEY_FILE_MAX_BYTES)],
])('a key is read %s', (_, value, expected) => {
  expect(parseKeyAuthorization(value)).toBe(expected)
})

test.each([
  '',
  'Basic',
  'Basic ',
  'Basicabc',
  'Bearer abc',
  'Basic a b',
  'Basic abc\r\n',
  'Basic abc\nX: y',
  'Basic a\0bc',
  '\nBasic abc',
  'Basic abc\u00a0',
  'Basic ключ',
  `Basic ${'k'.repeat(KEY_FILE_MAX_BYTES + 1)}`,
])('no key is read from %j', (value) => {
  expect(parseKeyAuthorization(value)).toBeUndefined()
})

test.each(['', ' ', 'a b', 'a\n', 'a\r\nX: y', 'a\0', '\ufeffa', 'é', 'k'.repeat(KEY_FILE_MAX_BYTES + 1)])(
  'no Authorization is made of %j',
  (text) => {
    expect(() => formatKeyAuthorization(text)).toThrow(TypeError)
  },
)

test('the error about a key does not repeat the key', () => {
  expect(() => formatKeyAuthorization('marked-secret\n')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('marked-secret') }),
  )
})

test('every key that can be presented is read back', () => {
  fc.assert(fc.property(key, (text) => parseKeyAuthorization(formatKeyAuthorization(text)) === text))
})

test('whatever a client sends, a key is printable ASCII', () => {
  fc.assert(
    fc.property(headerText, (value) => {
      const text = parseKeyAuthorization(value)
      return text === undefined || /^[!-~]+$/.test(text)
    }),
  )
})

test.each([
  `Basic${' '.repeat(200_000)}`,
  `${'\t'.repeat(200_000)}x`,
  `Basic realm=${'/'.repeat(200_000)}\n`,
  `Basic realm="${' '.repeat(200_000)}x`,
  `Basic ${'.key'.repeat(50_000)} x`,
  `Basic realm=C:\\${'a '.repeat(100_000)}\n`,
  `Basic realm=C:\\${' '.repeat(200_000)}\n`,
])('a header of 200,000 characters is refused without backtracking (case %#)', (value) => {
  expect(parseChallenge(value)).toBeUndefined()
  expect(parseKeyAuthorization(value)).toBeUndefined()
})

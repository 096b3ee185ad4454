import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientError } from '../errors.ts'
import { readChallengeIn } from './realm.ts'

const FOLDER = '/var/opt/azcmagent/tokens'

test.each([`Basic realm=${FOLDER}/a.key`, `basic realm="${FOLDER}/a.key"`, ` Basic realm=${FOLDER}/a.key `])(
  '%j names a key file',
  (value) => {
    expect(readChallengeIn(FOLDER, value)).toBe(`${FOLDER}/a.key`)
  },
)

test.each([
  `Basic realm=${FOLDER}/../a.key`,
  `Basic realm=${FOLDER}/b/a.key`,
  `Basic realm=${FOLDER}a.key`,
  `Basic realm=${FOLDER}/a`,
  'Basic realm=/etc/shadow',
  'Basic realm=/proc/self/environ',
  'Basic realm=a.key',
])('%j names a file elsewhere', (value) => {
  expect(() => readChallengeIn(FOLDER, value)).toThrow(
    expect.objectContaining({ code: 'key_file_foreign', name: 'AuthenticationError' }),
  )
})

test.each([undefined, '', 'Bearer', 'Basic', `Basic realm=${FOLDER}/a.key, charset="UTF-8"`])(
  '%j names none',
  (value) => {
    expect(() => readChallengeIn(FOLDER, value)).toThrow(
      expect.objectContaining({ code: 'challenge_malformed' }),
    )
  },
)

test('whatever a server sends, a path is a key file directly in the folder', () => {
  const part = fc.constantFrom(
    'Basic realm=',
    FOLDER,
    '/',
    '..',
    '.',
    'a',
    '.key',
    '"',
    ' ',
    '\\',
    '%2e',
    '\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join('')),
      ),
      (value) => {
        try {
          return /^\/var\/opt\/azcmagent\/tokens\/[^/\\]+\.key$/.test(readChallengeIn(FOLDER, value))
        } catch (error) {
          return error instanceof ClientError
        }
      },
    ),
  )
})

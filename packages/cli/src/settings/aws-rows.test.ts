import { expect, test } from 'vitest'
import { AGENT_SETTINGS } from './agent-settings.ts'
import { awsRoleOf } from './aws-role.ts'
import { parseRoleArn, parseStsUrl } from './aws-rows.ts'
import { parseSettings, type SettingTexts } from './settings-table.ts'

const ROLE = 'arn:aws:iam::111122223333:role/shop'

function settingsOf(values: Record<string, string>) {
  const texts: SettingTexts = Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, { text, origin: 'f', folder: '/' }]),
  )
  return parseSettings(AGENT_SETTINGS, texts)
}

test.each([
  ROLE,
  'arn:aws-cn:iam::111122223333:role/a/path/shop',
  'arn:aws-us-gov:iam::111122223333:role/shop',
  'arn:aws:iam::role/shop',
  'arn:aws:iam:::role/shop',
])('%s is the ARN of a role', (text) => {
  expect(parseRoleArn(text)).toBe(text)
})

test.each([
  'shop',
  'arn:aws:iam::111122223333:user/shop',
  `${ROLE} `,
  `${ROLE}\n`,
  `${ROLE}${'x'.repeat(2050)}`,
])('%j is not', (text) => {
  expect(() => parseRoleArn(text)).toThrow(/^must be the ARN of a role/)
})

test.each([
  'https://sts.amazonaws.com',
  'https://sts.example:8443/path',
  'http://127.0.0.1:8333',
  'http://[::1]:1',
])('a token may go to %s', (text) => {
  expect(parseStsUrl(text)).toBe(new URL(text).href)
})

test.each([
  'http://sts.amazonaws.com',
  'http://127.0.0.1.example',
  'http://10.0.0.1',
  'ftp://127.0.0.1',
  'https://user:password@sts.example',
  'https://sts.example?a=b',
  'https://sts.example#a',
  'sts.amazonaws.com',
])('a token may not go to %s', (text) => {
  expect(() => parseStsUrl(text)).toThrow(/^must be an https:\/\/ address/)
})

test('without more than a role the machine’s own token goes to AWS for its usual audience', () => {
  expect(awsRoleOf(settingsOf({ 'aws-role-arn': ROLE }), undefined)).toEqual({
    arn: ROLE,
    stsUrl: 'https://sts.amazonaws.com/',
    audience: 'sts.amazonaws.com',
    identity: undefined,
    proxies: undefined,
  })
})

test('the style without a role is refused by the name of the setting', () => {
  expect(() => awsRoleOf(settingsOf({}), undefined)).toThrow(
    expect.objectContaining({ code: 'argument_missing', message: expect.stringContaining('"aws-role-arn"') }),
  )
})

test('an identity is named by an id and not by a name, which another may get', () => {
  expect(settingsOf({ 'aws-identity': 'system' })['aws-identity']).toBeUndefined()
  const id = '0b8f1c1e-6a0e-4f0a-9d0c-00000000000b'
  expect(settingsOf({ 'aws-identity': id })['aws-identity']).toBe(id)
  expect(() => settingsOf({ 'aws-identity': 'shop' })).toThrow(
    /"aws-identity" must be system, or the client id/,
  )
})

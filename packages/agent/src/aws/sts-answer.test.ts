import { expect, test } from 'vitest'
import { SourceError } from '../tokens/source.ts'
import { ANSWER_MAX_CHARACTERS, formatExpiration, readStsAnswer, type StsAnswer } from './sts-answer.ts'

/** As the reference of the API shows it. */
const GOOD = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>amzn1.account.AF6RHO7KZU5XRVQJGXK6HB56KR2A</SubjectFromWebIdentityToken>
    <Audience>client.5498841531868486423.1548@apps.example.com</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/FederatedWebIdentityRole/app1</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:app1</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY=</SecretAccessKey>
      <Expiration>2027-10-24T23:00:23Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
    <SourceIdentity>SourceIdentityValue</SourceIdentity>
    <Provider>www.amazon.com</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>`

function errorOf(code: string, message = 'Not authorized'): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
}

function failureOf(changes: Partial<StsAnswer>): SourceError {
  try {
    readStsAnswer({ status: 200, text: GOOD, headers: {}, ...changes })
  } catch (error) {
    if (error instanceof SourceError) return error
    throw error
  }
  throw new Error('there is no failure')
}

test('the credentials of the example in the API’s reference are read', () => {
  expect(readStsAnswer({ status: 200, text: GOOD, headers: {} })).toEqual({
    AccessKeyId: 'ASgeIAIOSFODNN7EXAMPLE',
    SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY=',
    SessionToken: 'AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE',
    expiresAt: Date.UTC(2027, 9, 24, 23, 0, 23),
  })
})

test.each([
  ['without a key', GOOD.replace(/<AccessKeyId>.*<\/AccessKeyId>/, '')],
  ['with an empty secret', GOOD.replace(/(<SecretAccessKey>).*</, '$1<')],
  ['with an end that is no time', GOOD.replace('2027-10-24T23:00:23Z', 'tomorrow')],
  ['that declares an entity', `<!DOCTYPE x [<!ENTITY a "b">]>${GOOD}`],
  ['with an entity in the secret', GOOD.replace('bPxRfi', '&a;')],
  ['of 70 kB', GOOD + ' '.repeat(70_000)],
  ['of HTML', '<html><body>Sign in to the network</body></html>'],
  ['that is empty', ''],
])('an answer %s has no credentials, and passes', (_, text) => {
  const { failure, reason } = failureOf({ text })
  expect([failure, reason?.message]).toEqual(['unavailable', 'AWS gave no answer that makes sense'])
})

test.each([
  ['AccessDenied', 403, 'resource_refused'],
  ['InvalidIdentityToken', 400, 'resource_refused'],
  ['IDPRejectedClaim', 403, 'resource_refused'],
  ['RegionDisabledException', 403, 'resource_refused'],
  ['ValidationError', 400, 'resource_refused'],
  ['SomethingNew', 400, 'resource_refused'],
  ['IDPCommunicationError', 400, 'unavailable'],
  ['ExpiredTokenException', 400, 'unavailable'],
  ['InternalFailure', 500, 'unavailable'],
  ['Throttling', 400, 'throttled'],
  ['SlowDown', 429, 'throttled'],
] as const)('%s with the status %s is %s, and its reason begins with the code', (code, status, failure) => {
  const error = failureOf({ status, text: errorOf(code) })
  expect(error.failure).toBe(failure)
  expect(error.reason?.message.startsWith(`${code}: `)).toBe(true)
  expect(error.message).toContain(`${status}, ${code}: Not authorized`)
})

test('what a proxy says with 403 is not taken for the word of AWS', () => {
  expect(failureOf({ status: 403, text: '<html>Forbidden</html>' }).failure).toBe('unavailable')
})

test('what AWS says reaches the log on one line and cut, and no caller', () => {
  const { message, reason } = failureOf({
    status: 403,
    text: errorOf('AccessDenied', `first\nsecond ${'x'.repeat(20_000)}`),
  })
  expect(message).not.toContain('\n')
  expect(message.length).toBeLessThan(2100)
  expect(reason?.message).not.toContain('first')
})

test.each([
  ['7', 7],
  ['1.5', 2],
  ['Sat, 28 Nov 2026 09:01:00 GMT', 30],
  ['soon', undefined],
])('with "Retry-After: %s" the time to wait is %s', (retryAfter, seconds) => {
  const headers = { 'retry-after': retryAfter, date: 'Sat, 28 Nov 2026 09:00:30 GMT' }
  expect(failureOf({ status: 503, text: '', headers }).retryAfterSeconds).toBe(seconds)
})

/** Long enough that a pattern that tries every share of it takes many minutes, and a search no time. */
const BLANK = ' '.repeat(20_000)

test.each([
  ['credentials that never end', 200, `<Credentials>${BLANK}`],
  ['a message that never ends', 400, `<Code>Odd</Code><Message>${BLANK}`],
])('%s hold nobody up', (_, status, text) => {
  expect(failureOf({ status, text })).toBeInstanceOf(SourceError)
})

test('white space around what is looked for is no part of it', () => {
  const text = GOOD.replace('<AccessKeyId>', '<AccessKeyId>\n  ').replace('</AccessKeyId>', ' </AccessKeyId>')
  expect(readStsAnswer({ status: 200, text, headers: {} }).AccessKeyId).toBe('ASgeIAIOSFODNN7EXAMPLE')
})

test.each([302, 400, 403, 500])('what an answer of %i has of credentials is not believed', (status) => {
  expect(failureOf({ status })).toBeInstanceOf(SourceError)
})

test('an answer may be as long as it may', () => {
  const text = GOOD.padEnd(ANSWER_MAX_CHARACTERS)
  expect(readStsAnswer({ status: 200, text, headers: {} }).AccessKeyId).toBe('ASgeIAIOSFODNN7EXAMPLE')
})

test('an answer whose code is cut off is not taken for the word of AWS', () => {
  const text = errorOf('AccessDenied').replace('</Code>', '')
  expect(failureOf({ status: 403, text })).toMatchObject({
    failure: 'unavailable',
    reason: { message: 'AWS gave no answer that makes sense' },
  })
})

test('a code of AWS beside a status that is no refusal passes', () => {
  expect(failureOf({ status: 302, text: errorOf('SomethingNew') }).failure).toBe('unavailable')
})

test('an end is written in whole seconds', () => {
  expect(formatExpiration(Date.UTC(2027, 9, 24, 23, 0, 23, 999))).toBe('2027-10-24T23:00:23Z')
})

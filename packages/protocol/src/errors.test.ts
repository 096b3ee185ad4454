import { expect, test } from 'vitest'
import { formatErrorAnswer, WireError, type WireErrorCode } from './errors.ts'
import { styleOf } from './styles.ts'

const ERRORS = WireError.codes.map((code) => new WireError(code))

/** Sentences that begin as the real services write them, since people search for those words. */
const IN_THE_WORDS_OF_THE_REAL_SERVICES: Partial<Record<WireErrorCode, string>> = {
  api_version_invalid: 'Bad request. api-version is invalid or was not specified in the request. ',
  api_version_missing: 'The api-version not specified.',
  api_version_unsupported: 'The api-version is not supported.',
  identity_not_found: 'Identity not found: ',
  identity_refused: 'Identity not found: ',
  key_required: 'Missing Basic Authorization header; ',
  metadata_header_missing: 'Required metadata header not specified; ',
}

/** The errors that RFC 6749 and the two real services define. */
const OAUTH_ERRORS = [
  'access_denied',
  'invalid_request',
  'invalid_resource',
  'method_not_allowed',
  'not_found',
  'server_error',
  'service_unavailable',
  'too_many_requests',
  'unauthorized_client',
]

test('no sentence says "unreachable": SDKs take that word for Docker Desktop', () => {
  expect(ERRORS.filter(({ message }) => /unreachable/i.test(message))).toEqual([])
})

test('no sentence names the header of the challenge: the documented shell sample greps the whole answer for it', () => {
  expect(ERRORS.filter(({ message }) => message.toLowerCase().includes('www-authenticate'))).toEqual([])
})

test('only the two errors about the identity say "Identity not found": SDKs take those words for no identity', () => {
  const found = ERRORS.filter(({ message }) => /identity not found/i.test(message))
  expect(found.map(({ code }) => code)).toEqual(['identity_not_found', 'identity_refused'])
  for (const { message } of found) expect(message).toMatch(/^Identity not found: /)
})

test('403 is a denial and nothing else, no status is 410 (SDKs wait more than a minute), and 404 is an unknown path', () => {
  const withStatus = (status: number) =>
    ERRORS.filter((error) => error.status === status).map(({ code }) => code)
  expect(withStatus(403)).toEqual([
    'caller_denied',
    'workload_elsewhere',
    'policy_denied',
    'credentials_refused',
  ])
  expect(withStatus(410)).toEqual([])
  expect(withStatus(404)).toEqual(['path_unknown'])
})

test.each(ERRORS.map((error) => [error.code, error] as const))(
  'the error %s is in good form',
  (code, error) => {
    expect(error.status).toBeGreaterThanOrEqual(400)
    expect(error.status).toBeLessThanOrEqual(599)
    expect(OAUTH_ERRORS).toContain(error.error)
    expect(error.message).toMatch(/^[ -~]+$/)
    const words = IN_THE_WORDS_OF_THE_REAL_SERVICES[code]
    if (words) expect(error.message.startsWith(words)).toBe(true)
    else expect(error.message).toMatch(/^[a-z]/)
    if (!code.startsWith('api_version')) expect(error.message).not.toMatch(/\.$/)
  },
)

test.each(ERRORS.map((error) => [error.code, error] as const))(
  'the answer to %s is flat and of strings',
  (_, error) => {
    const answer = formatErrorAnswer(error, 'c0ffee')
    expect(Object.keys(answer)).toEqual(['error', 'error_description', 'correlation_id'])
    expect(Object.values(answer).every((value) => typeof value === 'string' && value !== '')).toBe(true)
    expect(answer).toEqual({ error: error.error, error_description: error.message, correlation_id: 'c0ffee' })
  },
)

test('to clients of Service Fabric an error is an object', () => {
  const error = new WireError('resource_missing')
  expect(formatErrorAnswer(error, 'c0ffee', styleOf('service-fabric'))).toEqual({
    error: { code: error.error, message: error.message, correlationId: 'c0ffee' },
  })
})

test('to clients of AWS an error has a code and a message', () => {
  const error = new WireError('policy_denied')
  expect(formatErrorAnswer(error, 'c0ffee', styleOf('aws'))).toEqual({
    Code: 'policy_denied',
    Message: error.message,
    RequestId: 'c0ffee',
  })
})

test('a detail follows the sentence', () => {
  const plain = new WireError('parameter_repeated')
  expect(new WireError('parameter_repeated', { detail: '("a")' }).message).toBe(`${plain.message} ("a")`)
  expect(new WireError('parameter_repeated', { detail: '' }).message).toBe(plain.message)
})

test('an error keeps its cause and when to try again, and tells the caller neither', () => {
  const cause = new Error('inside')
  const error = new WireError('upstream_throttled', { cause, retryAfterSeconds: 7 })
  expect(error).toMatchObject({ name: 'WireError', code: 'upstream_throttled', cause, retryAfterSeconds: 7 })
  expect(error).toBeInstanceOf(Error)
  expect(JSON.stringify(formatErrorAnswer(error, 'c'))).not.toMatch(/inside|7/)
})

test('in styles with a secret header the body also has what MSAL for Python shows, and in no other', () => {
  const error = new WireError('key_rejected')
  const { status, message } = error
  const withSecret = formatErrorAnswer(error, 'id', styleOf('app-service'))
  expect(withSecret).toMatchObject({ statusCode: String(status), message })
  expect(formatErrorAnswer(error, 'id', styleOf('arc'))).not.toHaveProperty('statusCode')
  expect(formatErrorAnswer(error, 'id')).not.toHaveProperty('statusCode')
})
